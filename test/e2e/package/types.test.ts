import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { join } from "node:path";
import { InstalledPackage } from "../../support/installed-package";
import { repositoryRoot } from "../../support/repository";

/** Uses every entry point by named imports, and types that only signatures name. */
const SOURCE = `
import { App, TerraformStack } from "cdktf";
import { Duration, SternaError, type TextInput, Tier, ValidationError, variable } from "sterna";
import * as aws from "sterna/aws";
import { BackupTimer, type RotatorFunction } from "sterna/aws";
import { synthesizeStack, type SynthesizedStack } from "sterna/testing";
import * as toolkit from "sterna/toolkit";

const text: TextInput = variable("BUCKET");
const stack = new TerraformStack(new App(), "storage");
const synthesized: SynthesizedStack = synthesizeStack(stack);
export type Rotator = RotatorFunction;

// @ts-expect-error a duration is no number
Duration.days(1) satisfies number;

const facts: readonly boolean[] = [
  typeof BackupTimer === "function" && Object.keys(aws).length > 5 && Object.keys(toolkit).length > 0,
  new ValidationError("InvalidIdentifier", "of both entry points", stack) instanceof SternaError,
  JSON.stringify(text) === '{"variable":"BUCKET"}' && Tier.all.length > 0,
  synthesized.steps.length === 0,
];
console.log(facts.every(Boolean) ? "ok" : facts.join());
`;

const RESOLUTIONS = [
  ["ESM, node16", "main.mts", { module: "node16", moduleResolution: "node16" }, "main.mjs"],
  ["CommonJS, node16", "main.cts", { module: "node16", moduleResolution: "node16" }, "main.cjs"],
  ["ESM, nodenext", "main.mts", { module: "nodenext", moduleResolution: "nodenext" }, "main.mjs"],
  ["bundler", "main.mts", { module: "esnext", moduleResolution: "bundler" }, "main.mjs"],
  ["CommonJS, node10", "main.cts", { module: "commonjs", moduleResolution: "node10" }, "main.cjs"],
] as const;

describe("the types of the installed package", () => {
  let project: InstalledPackage;

  beforeAll(async () => {
    project = await InstalledPackage.install();
    await project.npmInstall(`file:${join(repositoryRoot, "node_modules/@types/node")}`);
  }, 600_000);
  afterAll(() => project?.remove());

  it.each(RESOLUTIONS)("fit, and the program runs: %s", async (_, source, options, output) => {
    // GIVEN
    project.write(source, SOURCE);
    const compilerOptions = { ...options, target: "es2022", strict: true, types: ["node"], outDir: "." };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: [source] }));

    // WHEN
    const tsc = await execa(process.execPath, [join(repositoryRoot, "node_modules/typescript/bin/tsc")], {
      cwd: project.directory,
      reject: false,
    });

    // THEN, `skipLibCheck` being off, in our declarations too
    const ours = tsc.stdout.split("\n").filter((line) => /^(main|node_modules\/sterna\/)/.test(line));
    expect(ours).toEqual([]);
    expect(await project.node(output)).toBe("ok");
  });
});
