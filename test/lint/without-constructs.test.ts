import { expect, test } from "@jest/globals";
import { build } from "esbuild";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../support/repository";

/** Lint sees one import at a time; this follows them, through `core` too. */
test.each(["lib/engine", "lib/provider", "lib/promotion", "lib/backups", "lib/toolkit", "lib/pipelines"])(
  "nothing that %s needs loads a construct",
  async (folder) => {
    // GIVEN
    expect(existsSync(join(repositoryRoot, folder))).toBe(true);
    const entryPoints = readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name));
    // WHEN
    const { metafile } = await build({
      absWorkingDir: repositoryRoot,
      entryPoints,
      bundle: true,
      platform: "node",
      packages: "external",
      outdir: "unused",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    // THEN
    const found = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
      imports.filter(({ path }) => /^(@cdktf\/|cdktf|constructs)/.test(path)).map(({ path }) => `${file}: ${path}`),
    );
    expect(entryPoints.length).toBeGreaterThan(0);
    expect(found).toEqual([]);
  },
);
