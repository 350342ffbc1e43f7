import { basename, join } from "node:path";
import { build } from "esbuild";
import { repositoryRoot } from "../test/support/repository";

/** Bundles a script of the bench, so that loading it costs what loading a built file costs. Returns its path. */
export async function compileScript(entry: string, directory: string): Promise<string> {
  const outfile = join(directory, `${basename(entry, ".ts")}.cjs`);
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    platform: "node",
    // jsonc-parser has a main file that bundlers cannot follow.
    mainFields: ["module", "main"],
    external: ["pg-native"],
    format: "cjs",
    outfile,
    logLevel: "warning",
  });
  return outfile;
}
