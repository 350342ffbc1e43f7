import { join, relative, resolve, sep } from "node:path";
import { App } from "cdktf";
import type { Construct } from "constructs";

/** Location of a stack, and how it refers to files of the project. */
export class StackPlace {
  /** Folder of the stack, absolute. Terraform runs there. */
  readonly folder: string;

  /**
   * @param scope a construct of the app
   * @param stack id of the stack
   */
  constructor(
    scope: Construct,
    readonly stack: string,
  ) {
    // cdktf's name for the folder: Manifest.stacksFolder, then the id of the stack.
    this.folder = resolve(App.of(scope).outdir, "stacks", stack);
  }

  /**
   * A project path relative to the stack's folder, with slashes: the synthesized JSON is the same wherever the project
   * is checked out. Absolute paths are not changed.
   *
   * @param path relative to the project, which is the working directory of `cdktf synth`
   */
  fromFolder(path: string): string {
    return resolve(path) === path ? path : relative(this.folder, resolve(path)).split(sep).join("/");
  }

  /** Path of a file in the stack's folder. */
  file(...segments: string[]): string {
    return join(this.folder, ...segments);
  }
}
