import { SternaError } from "./errors";

/** A gate said no: nothing is broken, and nothing was changed. The command line ends with exit status 3. */
export class RefusedError extends SternaError {
  override readonly name = "RefusedError";
}
