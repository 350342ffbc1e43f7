import {
  SynthesizedSystem,
  synthesizedDefinitions,
  synthesizedStack,
  synthesizedSteps,
} from "../../promotion/plan/synthesized-steps";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { STACK_MANIFEST_FILE, stackManifest } from "../../manifest/stack-manifest";
import { SternaError } from "../../core/errors";

import { describeKnown } from "../../core/nearest";
// Every use of steps starts here, with the result of a synthesis.
import "../../provider/kinds";
import type { Project } from "./project";

const annotation = z.looseObject({ constructPath: z.string(), level: z.string(), message: z.string() });

/** The parts of cdktf's `manifest.json` that are read. */
const appManifest = z.looseObject({
  stacks: z.record(
    z.string(),
    z.looseObject({
      workingDirectory: z.string(),
      synthesizedStackPath: z.string(),
      annotations: z.array(annotation).default([]),
    }),
  ),
});

/** Result of a synthesis. */
export interface Synthesis {
  /** By system, then in the order of the environments. */
  readonly systems: readonly SynthesizedSystem[];
  /** Warnings of constructs. */
  readonly warnings: readonly string[];
}

/**
 * Reads the result of the last synthesis. Ignores stacks other than `SystemStack`.
 *
 * @throws SternaError `NotSynthesized`, `SynthesisUnreadable`
 */
export function readSynthesis({ output }: Project): Synthesis {
  const file = join(output, "manifest.json");
  if (!existsSync(file)) {
    throw new SternaError("NotSynthesized", `${file} does not exist; the app must end with app.synth()`);
  }
  const { stacks } = readJsonFile(file, appManifest, "SynthesisUnreadable");
  const systems = Object.values(stacks).flatMap(({ workingDirectory, synthesizedStackPath }) => {
    const directory = join(output, workingDirectory);
    if (!existsSync(join(directory, STACK_MANIFEST_FILE))) return [];
    const manifest = readJsonFile(join(directory, STACK_MANIFEST_FILE), stackManifest, "SynthesisUnreadable");
    const stack = readJsonFile(join(output, synthesizedStackPath), synthesizedStack, "SynthesisUnreadable");
    const definitions = synthesizedDefinitions(stack, manifest.environment);
    return [{ ...manifest, directory, steps: synthesizedSteps(stack), definitions }];
  });
  const annotations = Object.values(stacks).flatMap(({ annotations }) => annotations);
  return {
    systems: systems.sort((a, b) => a.system.localeCompare(b.system, "en") || a.order - b.order),
    warnings: annotations
      .filter(({ level }) => level === "@cdktf/warn")
      .map(({ constructPath, message }) => `${message} [at ${constructPath}]`),
  };
}

/** @throws SternaError `UnknownSystem`, `UnknownEnvironment` with the known ones */
export function findSystem(
  { systems }: Pick<Synthesis, "systems">,
  system: string,
  environment: string,
): SynthesizedSystem {
  const chain = chainOf({ systems }, system);
  const found = chain.find((candidate) => candidate.environment === environment);
  if (found !== undefined) return found;
  throw new SternaError(
    "UnknownEnvironment",
    `${system} has no environment "${environment}": ${describeKnown(
      environment,
      chain.map((known) => known.environment),
    )}`,
  );
}

/**
 * A system in all its environments, in order.
 *
 * @throws SternaError `UnknownSystem` with the known ones
 */
export function chainOf({ systems }: Pick<Synthesis, "systems">, system: string): SynthesizedSystem[] {
  const chain = systems.filter((candidate) => candidate.system === system);
  if (chain.length > 0) return chain;
  const known = [...new Set(systems.map((candidate) => candidate.system))];
  throw new SternaError("UnknownSystem", `there is no system "${system}": ${describeKnown(system, known)}`);
}
