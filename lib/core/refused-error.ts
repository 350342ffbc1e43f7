import { SternaError } from "./errors";

/** A gate refused. Nothing is broken and nothing was changed; the command line exits with status 3. */
export class RefusedError extends SternaError {
  override readonly name = "RefusedError";
}
