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

/**
 * A version as Semantic Versioning 2.0.0 writes it, without build metadata, which has no place in the order of versions.
 * Numbers have at most 15 digits, so that they are exact.
 */
export const SEMANTIC_VERSION =
  /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(-(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*))*)?$/;

/** What a semantic version looks like, for messages. */
export const SEMANTIC_VERSION_RULE = 'must be a semantic version without a leading v, such as "1.4.0" or "2.0.0-rc.1"';
