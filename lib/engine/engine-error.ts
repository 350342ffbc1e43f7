import { SternaError } from "../core/errors";

/** How an `EngineError` came about. */
export interface EngineErrorOptions extends ErrorOptions {
  /** The message without what may hold values of the store, for records: `recorded` of the error. */
  readonly recorded?: string;
}

/** A `SternaError` of the engine: becomes a Terraform diagnostic, never a stack trace. */
export class EngineError extends SternaError {
  override readonly name = "EngineError";

  /** What may be recorded of the message: in the ledger it stays for years. */
  readonly recorded: string;

  constructor(code: SternaError["code"], message: string, options: EngineErrorOptions = {}) {
    super(code, message, options);
    this.recorded = options.recorded ?? message;
  }
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
