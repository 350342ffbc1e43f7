import { z } from "zod";
import { canonicalJson, sha256 } from "../../manifest/checksum";
import type { StepDefinition } from "../../manifest/step-record";
import type { ResourceChangeJson } from "./plan-schema";
import { actionOf, type ResourceAction } from "./resource-change";

/**
 * What a plan does with a step.
 *
 * - `run`: it is not applied yet
 * - `retry`: an earlier attempt failed or was stopped; it goes on, or starts again after undoing
 * - `adopt`: the ledger holds it as applied, so it only comes back into the state
 * - `roll-back`: it is not in the configuration any more, and what it did is undone
 * - `forget`: it is not in the configuration any more, and what it did stays
 * - `describe`: its title, its checks or its `down` change; what it did stays
 */
export type StepAction = "run" | "retry" | "adopt" | "roll-back" | "forget" | "describe" | (string & {});

/** A step that a plan changes. */
export interface StepChange {
  readonly address: string;
  readonly id: string;
  readonly action: StepAction;
  readonly release: string;
  readonly title: string;
  /** SHA-256 of the program; absent while something in it is known only after the apply. */
  readonly checksum?: string;
  /** Digests of what the program does not say: see `stepAttributes`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Names of the steps that come before it. */
  readonly after: readonly string[];
  /** What will run, in lines. */
  readonly preview: readonly string[];
  /** The JSON of the program. */
  readonly program?: string;
  /** Since when it is applied, UTC; absent when it is not. */
  readonly appliedAt?: string;
}

export const STEP_TYPE = "sterna_step";

const stepValues = z.looseObject({
  id: z.string(),
  release: z.string(),
  title: z.string().nullish(),
  program: z.string().nullish(),
  checksum: z.string().nullish(),
  status: z.string().nullish(),
  applied_at: z.string().nullish(),
  on_destroy: z.string().nullish(),
  after: z.array(z.string()).nullish(),
  preview: z.array(z.string()).nullish(),
});
type StepValues = z.infer<typeof stepValues>;

/** Arguments of a step that decide what Terraform does, and that no checksum covers. A title only tells. */
const DECIDING = ["release", "phase", "irreversible", "on_retry", "on_destroy", "on_stop", "timeout"] as const;
/** What the provider takes where nothing is said. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  phase: "migrate",
  on_retry: "resume",
  on_destroy: "rollback",
  on_stop: "stop",
};

/**
 * Digests of what the program of a step does not say: its place in the order, what a retry, a removal and an interrupt
 * do. Of its variables only the names: their values are the environment's own.
 *
 * @param values of the step, by the names of Terraform's arguments
 */
export function stepAttributes(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const digests: Record<string, string> = {};
  const add = (name: string, value: unknown) => (digests[name] = sha256(canonicalJson(value)).slice(0, 22));
  for (const name of DECIDING) add(name, values[name] ?? DEFAULTS[name] ?? null);
  add("after", [...((values["after"] ?? []) as readonly string[])].sort());
  add("variables", Object.keys(values["variables"] ?? {}).sort());
  return digests;
}

/** The same digests of a step as a ledger holds it. */
export function definitionAttributes(definition: StepDefinition): Record<string, string> {
  const { onRetry, onDestroy, onStop, ...rest } = definition;
  return stepAttributes({ ...rest, on_retry: onRetry, on_destroy: onDestroy, on_stop: onStop });
}

/** What is known about a plan's steps besides the plan's JSON. */
export interface StepKnowledge {
  /** Whether removing a step with this program leaves nothing to undo: a check, a backup that is kept. */
  isEffectless(program: string): boolean;
  /** Addresses of steps that the provider reported as applied already. */
  readonly adopted: ReadonlySet<string>;
}

/** The change of a step; nothing when there is none, or when the values are not those of a step. */
export function toStepChange(resource: ResourceChangeJson, knowledge: StepKnowledge): StepChange | undefined {
  const before = stepValues.safeParse(resource.change.before).data;
  const after = stepValues.safeParse(resource.change.after).data;
  const values = after ?? before;
  if (values === undefined) return undefined;
  const action = classify(actionOf(resource.change.actions), resource.address, before, knowledge);
  if (action === "no-op") return undefined;
  return {
    address: resource.address,
    id: values.id,
    action,
    release: values.release,
    title: values.title ?? values.id,
    ...(values.checksum ? { checksum: values.checksum } : {}),
    attributes: stepAttributes(values),
    after: values.after ?? [],
    preview: values.preview ?? [],
    ...(values.program ? { program: values.program } : {}),
    ...(before?.applied_at ? { appliedAt: before.applied_at } : {}),
  };
}

/** An applied step that a plan leaves as it is. */
export function toStepState({
  change,
}: ResourceChangeJson): Pick<StepChange, "id" | "release" | "checksum" | "attributes"> | undefined {
  const values = stepValues.safeParse(change.after).data;
  if (values?.status !== "applied" || actionOf(change.actions) !== "no-op") return undefined;
  const { id, release, checksum } = values;
  return { id, release, ...(checksum ? { checksum } : {}), attributes: stepAttributes(values) };
}

function classify(
  action: ResourceAction,
  address: string,
  before: StepValues | undefined,
  { isEffectless, adopted }: StepKnowledge,
): StepAction {
  switch (action) {
    case "create":
      return adopted.has(address) ? "adopt" : "run";
    case "replace":
      return "retry";
    case "update":
      return before?.status === "applied" ? "describe" : "retry";
    case "delete":
      return before?.on_destroy === "keep" || (before?.program && isEffectless(before.program))
        ? "forget"
        : "roll-back";
    default:
      return action;
  }
}

/** What an order is made of: a name, and the names that come before it. */
export interface Ordered {
  readonly id: string;
  readonly after: readonly string[];
}

/**
 * Puts steps in an order in which each comes after those that it waits for. Steps that nothing orders keep the order
 * in which they were given. Names that are not among the items are no obstacle: those steps are done already.
 *
 * In a cycle, which Terraform refuses anyway, the items keep the order in which they were given.
 */
export function inOrder<Item extends Ordered>(items: readonly Item[]): Item[] {
  const open = new Map(items.map((item) => [item.id, item]));
  const sorted: Item[] = [];
  while (open.size > 0) {
    const next = [...open.values()].find((item) => !item.after.some((id) => id !== item.id && open.has(id)));
    const item = next ?? [...open.values()][0]!;
    open.delete(item.id);
    sorted.push(item);
  }
  return sorted;
}
