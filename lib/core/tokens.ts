import { Token } from "cdktf/lib/tokens/token";

/** Whether the value is a token that only Terraform can resolve. Validations skip such values. */
export function isUnresolved(value: unknown): boolean {
  return Token.isUnresolved(value);
}

/**
 * Escapes a text for a Terraform JSON file, so that Terraform reads it unchanged.
 *
 * Terraform treats every string of a JSON file as a template, so a script's `${HOME}` would be an expression
 * (Terraform language, "JSON Configuration Syntax": Expression Mapping).
 */
export function terraformLiteral(text: string): string {
  // Functions, because `$$` in a replacement text means a single `$`.
  return text.replaceAll("${", () => "$${").replaceAll("%{", () => "%%{");
}
