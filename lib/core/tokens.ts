import { Token } from "cdktf/lib/tokens/token";

/** Whether only Terraform knows the value. Validations skip such values. */
export function isUnresolved(value: unknown): boolean {
  return Token.isUnresolved(value);
}
