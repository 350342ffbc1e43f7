import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../engine/processes/process-identity";
import type { NewApplyRecord, RecordedChange, RecordedStep } from "../../promotion/records/apply-record";
import type { PlanReading } from "../../promotion/plan/plan-builder";
import type { PlanSummary } from "../../promotion/plan/plan-summary";
import { reportedName } from "../../promotion/promotion-report";
import { READ } from "../../promotion/plan/resource-change";
import type { ApplyIntent } from "../../promotion/records/apply-intents";
import type { Project } from "../project/project";
import { endIntent, openIntents, writeRecord } from "../project/records";
import { parseEvent, type TerraformEvent } from "./diagnostics";

/** Terraform's message at the end of a complete apply (Terraform, "Machine-Readable UI"). */
const COMPLETE = /^Apply complete!/;

/** What a Terraform log reports about an apply. */
interface LoggedApply {
  readonly complete: boolean;
  /** Completed resources: addresses with Terraform's actions. */
  readonly done: ReadonlySet<string>;
  readonly failed: ReadonlySet<string>;
  readonly errors: readonly string[];
  /** Time of the last message. */
  readonly at?: string;
  readonly terraform?: string;
}

/** A plan made after the apply. What it still contains was not done. */
export interface LaterPlan {
  readonly plan: PlanReading;
  readonly summary: Pick<PlanSummary, "steps" | "rollbacks">;
}

/** The applies of a stack without a record, except for those in progress. */
export async function lostIntents(project: Project, stack: string): Promise<ApplyIntent[]> {
  return (await openIntents(project, stack)).filter(({ by }) => by.host !== hostname() || !isAlive(by));
}

/**
 * Writes the records of killed applies that are complete according to Terraform's log.
 *
 * @returns the applies that only a plan can resolve
 */
export async function completeByLog(project: Project, stack: string): Promise<ApplyIntent[]> {
  const open: ApplyIntent[] = [];
  for (const intent of await lostIntents(project, stack)) {
    const log = readLog(join(project.directory, intent.log));
    if (log?.complete === true) await complete(project, intent, log);
    else open.push(intent);
  }
  return open;
}

/** Writes the records of the others: what a later plan no longer contains was done. */
export async function completeByPlan(project: Project, open: readonly ApplyIntent[], later: LaterPlan): Promise<void> {
  for (const intent of open) await complete(project, intent, readLog(join(project.directory, intent.log)), later);
}

async function complete(
  project: Project,
  intent: ApplyIntent,
  log: LoggedApply | undefined,
  later?: LaterPlan,
): Promise<void> {
  const { record, steps } = intent;
  const isDone = log?.complete === true ? () => true : whatWasDone(log, later);
  const changes = record.changes.filter(({ name, action }) => action === READ || isDone(name, action));
  const recorded = steps.map(({ address, ...step }): RecordedStep => ({
    ...step,
    status: log?.failed.has(address) ? "failed" : isDone(address, step.action) ? "done" : "pending",
  }));
  const isAll = changes.length === record.changes.length && recorded.every(({ status }) => status === "done");
  const completed: NewApplyRecord = {
    ...record,
    result: isAll ? "applied" : (log?.errors.length ?? 0) > 0 ? "failed" : "interrupted",
    changes,
    steps: recorded,
    errors: [...(log?.errors ?? [])],
    finishedAt: log?.at ?? new Date().toISOString(),
    terraform: log?.terraform ?? record.terraform,
  };
  await writeRecord(project, completed);
  await endIntent(project, intent);
}

function whatWasDone(log: LoggedApply | undefined, later: LaterPlan | undefined) {
  const planned = later?.plan.planned;
  const wanted = new Set([
    ...(later?.plan.resources ?? []).map(reportedName),
    ...[...(later?.summary.steps ?? []), ...(later?.summary.rollbacks ?? [])].map(({ address }) => address),
  ]);
  return (name: string, action: RecordedChange["action"]): boolean => {
    if (isLogged(log, name, action)) return true;
    if (planned === undefined || wanted.has(name)) return false;
    const isStep = name.includes("sterna_step.");
    return isStep || (action === "delete" || action === "forget" ? !planned.has(name) : planned.has(name));
  };
}

/** A replacement is complete when both of its halves are. */
function isLogged(log: LoggedApply | undefined, name: string, action: string): boolean {
  if (log === undefined) return false;
  const halves = action === "replace" ? ["create", "delete"] : action === "retry" ? ["create"] : undefined;
  if (halves !== undefined) return halves.every((half) => log.done.has(`${name} ${half}`));
  return ["create", "update", "delete"].some((each) => log.done.has(`${name} ${each}`));
}

function readLog(file: string): LoggedApply | undefined {
  if (!existsSync(file)) return undefined;
  const events = readFileSync(file, "utf8")
    .split("\n")
    .map(parseEvent)
    .filter((event) => event !== undefined);
  const about = (type: TerraformEvent["type"]) =>
    events.flatMap(({ type: found, hook }) => (found === type && hook !== undefined ? [hook] : []));
  const last = events.at(-1);
  return {
    complete: events.some(({ type, message }) => type === "change_summary" && COMPLETE.test(message)),
    done: new Set(about("apply_complete").map(({ resource, action }) => `${resource.addr} ${action}`)),
    failed: new Set(about("apply_errored").map(({ resource }) => resource.addr)),
    errors: events.flatMap(({ diagnostic }) => (diagnostic?.severity === "error" ? [diagnostic.summary] : [])),
    ...(last === undefined ? {} : { at: new Date(last.time).toISOString() }),
    ...definedVersion(events),
  };
}

function definedVersion(events: readonly TerraformEvent[]): Pick<LoggedApply, "terraform"> {
  const terraform = events.find((event) => event.terraform !== undefined)?.terraform;
  return terraform === undefined ? {} : { terraform };
}
