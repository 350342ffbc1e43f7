/** What the command line does, as functions that a TypeScript program can call and that return data. */

export { SternaError } from "../core/errors";
