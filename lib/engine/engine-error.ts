import { SternaError } from "../core/sterna-error";

/** A `SternaError` of the engine: becomes a Terraform diagnostic, never a stack trace. */
export class EngineError extends SternaError {
  override readonly name = "EngineError";
}
