/**
 * What systems, environments and steps may be called: they become Terraform addresses, directory names, lock names and
 * rows of the ledger. 63 characters is the longest that DNS labels and PostgreSQL identifiers allow.
 */
export const IDENTIFIER = /^[a-z][a-z0-9-]{0,62}$/;

/** What an identifier may look like, for messages. */
export const IDENTIFIER_RULE = "lower-case letters, digits and hyphens, beginning with a letter, at most 63 characters";

/** Whether the text may name a system, an environment or a step. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}
