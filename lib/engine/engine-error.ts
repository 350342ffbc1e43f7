import { SternaError } from "../core/errors";

/** A `SternaError` of the engine: becomes a Terraform diagnostic, never a stack trace. */
export class EngineError extends SternaError {
  override readonly name = "EngineError";
}

/**
 * The first few of many names, for a message that must stay readable: `a, b and 12 more`.
 *
 * @param most how many are named
 * @param separator what stands between two of them
 */
export function someOf(names: readonly string[], most = 20, separator = ", "): string {
  const shown = names.slice(0, most).join(separator);
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
