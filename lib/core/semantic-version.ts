/**
 * A version as Semantic Versioning 2.0.0 writes it, without build metadata, which has no place in the order of versions.
 * Numbers have at most 15 digits, so that they are exact.
 */
export const SEMANTIC_VERSION =
  /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})(-(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d{0,14}|\d*[A-Za-z-][0-9A-Za-z-]*))*)?$/;

/** What a semantic version looks like, for messages. */
export const SEMANTIC_VERSION_RULE = 'must be a semantic version without a leading v, such as "1.4.0" or "2.0.0-rc.1"';
