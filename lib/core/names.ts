/**
 * Names of systems, environments, and steps. They become Terraform addresses, directory names, lock names, and ledger
 * rows. 63 characters is the limit of DNS labels and PostgreSQL identifiers.
 */
export const IDENTIFIER = /^[a-z][a-z0-9-]{0,62}$/;

/** The rule for identifiers, for messages. */
export const IDENTIFIER_RULE = "lower-case letters, digits and hyphens, beginning with a letter, at most 63 characters";

/** Whether the text is a valid name of a system, an environment, or a step. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/**
 * A version of Semantic Versioning 2.0.0, without build metadata, which does not take part in precedence.
 * Numbers have at most 15 digits, so that they are exact.
 */
export const SEMANTIC_VERSION =
  /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(-(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*))*)?$/;

/** The rule for versions, for messages. */
export const SEMANTIC_VERSION_RULE = 'must be a semantic version without a leading v, such as "1.4.0" or "2.0.0-rc.1"';
