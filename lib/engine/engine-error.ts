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
