import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../../core/read-json-file";
import { sternaPackage } from "../../core/sterna-package";
import { waiversPath } from "../../manifest/waivers";
import { buildReport, type ReportSource } from "../../promotion/report/build-report";
import { planDigest, type PlanParts, type PlanSummary } from "../../promotion/plan/plan-summary";
import { promotionReport, type PromotionReport, type ReportedResource } from "../../promotion/promotion-report";
import type { Project } from "./project";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";
import { digestOfFile, digestsIn } from "./stack-files";
import { writePrivateJson } from "../../core/replace-file";

/** The part of a plan that is Terraform's own file. It contains times, so it differs each time. */
export const PLAN_FILE = "the plan file";

const savedPlan = z.object({
  version: z.literal(2),
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
  report: promotionReport,
});

/** A plan to be applied, with the inputs that it depends on. */
export type SavedPlan = z.infer<typeof savedPlan>;

/** Files of a stack's saved plan. */
export interface PlanFiles {
  /** Terraform's own plan. */
  readonly plan: string;
  /** Sterna's description of it. */
  readonly description: string;
}

export function planFiles({ workspace }: Pick<Project, "workspace">, stack: string): PlanFiles {
  const directory = join(workspace, "plans");
  return { plan: join(directory, `${stack}.tfplan`), description: join(directory, `${stack}.json`) };
}

/** Removes a stack's saved plan, and creates the folder for the next one. */
export function discardPlan(files: PlanFiles): void {
  mkdirSync(join(files.plan, ".."), { recursive: true, mode: 0o700 });
  rmSync(files.description, { force: true });
  rmSync(files.plan, { force: true });
}

/** The description of a plan that Terraform just wrote, without its inputs. */
export type PlanDescription = Omit<
  ReportSource,
  | "stack"
  | "system"
  | "environment"
  | "protected"
  | "previousEnvironment"
  | "plannedAt"
  | "digest"
  | "parts"
  | "versions"
>;

/** Describes a plan that Terraform just wrote. From here on it can be applied. */
export function savePlan(
  project: Project,
  files: PlanFiles,
  system: SynthesizedSystem,
  terraform: string,
  description: PlanDescription,
): SavedPlan {
  const parts = planParts(project, files, system.directory);
  const saved = describedPlan(system, { parts, terraform, plannedAt: new Date().toISOString() }, description);
  writePrivateJson(files.description, { ...saved, report: withoutValues(saved.report) });
  return saved;
}

/** A plan with its description. Writes nothing. */
export function describedPlan(
  system: SynthesizedSystem,
  { parts, terraform, plannedAt }: Pick<SavedPlan, "parts" | "terraform" | "plannedAt">,
  description: PlanDescription,
): SavedPlan {
  const digest = planDigest(parts);
  const { stack, environment } = system;
  const place = { stack, system: system.system, environment };
  return {
    version: 2,
    ...place,
    release: system.release,
    plannedAt,
    terraform,
    digest,
    parts,
    summary: description.summary,
    report: buildReport({
      ...description,
      ...place,
      protected: system.protected,
      previousEnvironment: system.previous,
      plannedAt,
      digest,
      parts,
      versions: { sterna: sternaPackage().version, terraform },
    }),
  };
}

/** An apply needs the verdicts. The values, which are most of a large report, need not be stored on disk. */
function withoutValues(report: PromotionReport): PromotionReport {
  const bare = (resource: ReportedResource): ReportedResource => ({ ...resource, attributes: [] });
  return { ...report, resources: report.resources.map(bare), drift: report.drift.map(bare) };
}

/**
 * The plan to be applied, if there is one.
 *
 * @throws SternaError `PlanUnreadable`
 */
export function readSavedPlan(files: PlanFiles): SavedPlan | undefined {
  if (!existsSync(files.description)) return undefined;
  return readJsonFile(files.description, savedPlan, "PlanUnreadable");
}

/** Current state of a plan's inputs: everything that an apply reads in the stack's folder, and what is committed. */
export function planParts(project: Project, files: PlanFiles, directory: string): PlanParts {
  const providers = join(directory, "terraform.d", "plugins", "registry.terraform.io", "sterna", "sterna");
  const zips = list(providers).filter((name) => name.endsWith(".zip"));
  const committed = [project.environmentsFile, waiversPath(project.directory)];
  return {
    ...digestOf(PLAN_FILE, files.plan),
    ...digestsIn(directory),
    ...Object.assign({}, ...zips.map((name) => digestOf(name, join(providers, name)))),
    ...Object.assign({}, ...committed.map((file) => digestOf(relative(project.directory, file), file))),
    sterna: sternaPackage().version,
  };
}

function digestOf(name: string, file: string): PlanParts {
  return existsSync(file) ? { [name]: digestOfFile(file) } : {};
}

function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
