import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { sternaPackage } from "../../environments/sterna-package";
import { sha256 } from "../../engine/checksum";
import { planDigest, type PlanParts } from "../../promotion/plan-digest";
import type { PlanSummary } from "../../promotion/plan-summary";
import type { Project } from "./project";
import type { SynthesizedSystem } from "./stacks";
import { writePrivateJson } from "./write-file";

const savedPlan = z.object({
  version: z.literal(1),
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  release: z.string(),
  plannedAt: z.string(),
  terraform: z.string(),
  /** SHA-256 over `parts`. */
  digest: z.string(),
  parts: z.record(z.string(), z.string()),
  summary: z.custom<PlanSummary>((value) => typeof value === "object" && value !== null),
});

/** A plan that waits to be applied, with what it stands on. */
export type SavedPlan = z.infer<typeof savedPlan>;

/** Files of a stack's saved plan. */
export interface PlanFiles {
  /** Terraform's own plan. */
  readonly plan: string;
  /** What Sterna knows about it. */
  readonly description: string;
}

export function planFiles({ workspace }: Project, stack: string): PlanFiles {
  const directory = join(workspace, "plans");
  return { plan: join(directory, `${stack}.tfplan`), description: join(directory, `${stack}.json`) };
}

/** Removes a stack's saved plan, and makes room for the next one. */
export function discardPlan(files: PlanFiles): void {
  mkdirSync(join(files.plan, ".."), { recursive: true, mode: 0o700 });
  rmSync(files.description, { force: true });
  rmSync(files.plan, { force: true });
}

/** Describes a plan that Terraform just wrote. From here on it can be applied. */
export function savePlan(
  files: PlanFiles,
  system: SynthesizedSystem,
  terraform: string,
  summary: PlanSummary,
): SavedPlan {
  const parts = planParts(files, system.directory);
  const saved: SavedPlan = {
    version: 1,
    stack: system.stack,
    system: system.system,
    environment: system.environment,
    release: system.release,
    plannedAt: new Date().toISOString(),
    terraform,
    digest: planDigest(parts),
    parts,
    summary,
  };
  writePrivateJson(files.description, saved);
  return saved;
}

/**
 * The plan that waits to be applied, if there is one.
 *
 * @throws SternaError `PlanUnreadable`
 */
export function readSavedPlan(files: PlanFiles): SavedPlan | undefined {
  if (!existsSync(files.description)) return undefined;
  return readJsonFile(files.description, savedPlan, "PlanUnreadable");
}

/** What a plan stands on, as it is now. */
export function planParts(files: PlanFiles, directory: string): PlanParts {
  const providers = join(directory, "terraform.d", "plugins", "registry.terraform.io", "sterna", "sterna");
  const zips = list(providers).filter((name) => name.endsWith(".zip"));
  return {
    ...digestOf("the plan file", files.plan),
    ...digestOf("cdk.tf.json", join(directory, "cdk.tf.json")),
    ...Object.assign({}, ...zips.map((name) => digestOf(name, join(providers, name)))),
    sterna: sternaPackage().version,
  };
}

function digestOf(name: string, file: string): PlanParts {
  return existsSync(file) ? { [name]: sha256(readFileSync(file)) } : {};
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
