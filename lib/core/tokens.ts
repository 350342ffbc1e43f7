import { Token } from "cdktf/lib/tokens/token";

/** Whether only Terraform knows the value. Validations skip such values. */
export function isUnresolved(value: unknown): boolean {
  return Token.isUnresolved(value);
}

/**
 * The text for a Terraform JSON file such that Terraform reads it unchanged.
 *
 * Terraform takes every string of a JSON file as a template, so a script's `${HOME}` would be an expression of
 * Terraform (Terraform language, "JSON Configuration Syntax": Expression Mapping).
 */
export function terraformLiteral(text: string): string {
  // Functions, because `$$` in a replacement text means a single `$`.
  return text.replaceAll("${", () => "$${").replaceAll("%{", () => "%%{");
}
