import { z } from "zod";

/** A text, number, boolean, `null`, or an empty list or object: the leaves of a value that is split into paths. */
const leaf = z.union([z.string(), z.number(), z.boolean(), z.null(), z.tuple([]), z.strictObject({})]);

/** One side of an attribute's change. Sensitive values are never part of a report. */
export const reportedValue = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("known"), value: leaf }),
  /** There is nothing at this path. */
  z.strictObject({ kind: z.literal("absent") }),
  /** Terraform, or its provider, calls the value sensitive: it is masked. */
  z.strictObject({ kind: z.literal("sensitive") }),
  /** Known only after the apply. */
  z.strictObject({ kind: z.literal("unknown") }),
]);
export type ReportedValue = z.infer<typeof reportedValue>;

export const attributeChange = z.strictObject({
  path: z.string().describe("Where in the resource, such as `tags.Name` or `ingress[0].port`; empty for the whole"),
  before: reportedValue,
  after: reportedValue,
  forcesReplacement: z.boolean().describe("Whether this change is why the resource is replaced"),
});
export type AttributeChange = z.infer<typeof attributeChange>;

/** An exception that a person is responsible for. */
export const reportedWaiver = z.strictObject({
  by: z.string(),
  reason: z.string(),
  expires: z.string().describe("UTC"),
});
export type ReportedWaiver = z.infer<typeof reportedWaiver>;

/**
 * What the environment before says about a change.
 *
 * - `PROVEN`: it was applied there with the same result, but for the declared differences
 * - `DIFFERS`: it was applied there with another result
 * - `ONLY-HERE`: it was never applied there
 * - `MISSING`: it was applied there, and is no part of this plan
 */
export const proofClass = z.enum(["PROVEN", "DIFFERS", "ONLY-HERE", "MISSING"]);
export type ProofClass = z.infer<typeof proofClass>;

export const reportedProof = z.strictObject({
  class: proofClass,
  reason: z.string().describe("Why, for people; never holds a value"),
  attributes: z.array(z.string()).describe("Paths of the attributes that differ; for DIFFERS and MISSING"),
  notCompared: z
    .array(z.string())
    .optional()
    .describe("Paths whose values are sensitive: they have no digest, so that they are equal is not proven"),
  waiver: reportedWaiver.optional().describe("Present when the change is let through without being PROVEN"),
});
export type ReportedProof = z.infer<typeof reportedProof>;

export const reportedProvisioner = z.strictObject({
  type: z.string().describe("`local-exec`, `remote-exec`, `file`"),
  when: z
    .enum(["create", "destroy", "unknown"])
    .describe("`unknown` in a module: Terraform's plan does not say when it runs"),
  runs: z.array(z.string()).describe("Commands, scripts and paths as the configuration writes them"),
});
/** A program that Terraform runs itself, beside the provider. */
export type ReportedProvisioner = z.infer<typeof reportedProvisioner>;

export const reportedResource = z.strictObject({
  address: z.string(),
  type: z.string().describe("Type in Terraform, such as `aws_s3_bucket`"),
  action: z
    .string()
    .describe(
      "`create`, `update`, `delete`, `replace`, `forget`, `read`, `no-op` (only moved or imported), `invoke` (an action of a provider), or what a later Terraform calls it",
    ),
  createBeforeDestroy: z.boolean().describe("For `replace`: whether the new one is made before the old one goes"),
  actionReason: z
    .string()
    .optional()
    .describe("Why Terraform chose the action, such as `replace_because_cannot_update`"),
  movedFrom: z.string().optional().describe("Address that the resource had until now"),
  importId: z
    .string()
    .optional()
    .describe("Present when the resource comes under Terraform's care: its id, or empty while unknown"),
  deposed: z
    .string()
    .optional()
    .describe("Key of the leftover object that is meant, after a replacement that was interrupted"),
  stateful: z.boolean().describe("Whether it holds data that its creation would not bring back"),
  attributes: z.array(attributeChange).describe("What changes, in the order of the paths"),
  provisioners: z
    .array(reportedProvisioner)
    .optional()
    .describe("Programs that the apply runs for this change, in the order of the configuration; absent where none is"),
  proof: reportedProof.optional().describe("Absent in the first environment"),
});
/** A resource that the plan changes, moves, imports or forgets; each appears in one list of a report only. */
export type ReportedResource = z.infer<typeof reportedResource>;

export const reportedStep = z.strictObject({
  id: z.string(),
  address: z.string(),
  action: z.string().describe("`run`, `retry`, `adopt`, `describe`; `roll-back`, `forget` when it leaves"),
  release: z.string(),
  title: z.string(),
  checksum: z.string().optional().describe("SHA-256 of the program; absent while something in it is unknown"),
  after: z.array(z.string()).describe("Ids of the steps that come before it"),
  appliedAt: z.string().optional().describe("Since when it is applied, UTC; absent when it is not"),
  preview: z
    .array(z.string())
    .describe("What will run, in lines, and what is lost when it is undone; never holds a secret"),
  proof: reportedProof.optional().describe("Absent in the first environment"),
});
/** A step that the plan runs, describes, rolls back or forgets. */
export type ReportedStep = z.infer<typeof reportedStep>;

export const reportedOutput = z.strictObject({
  name: z.string(),
  action: z.string().describe("`create`, `update` or `delete`"),
  attributes: z.array(attributeChange),
});
export type ReportedOutput = z.infer<typeof reportedOutput>;

export const deferredChange = z.strictObject({
  address: z.string(),
  type: z.string(),
  action: z.string(),
  reason: z.string().describe("Why Terraform leaves it for a later plan, such as `instance_count_unknown`"),
});
/** A change that Terraform leaves for a later plan. */
export type DeferredChange = z.infer<typeof deferredChange>;

export const reportedCheck = z.strictObject({
  address: z.string().describe("The resource, output, variable or `check` block whose conditions are meant"),
  status: z.string().describe("`fail`, `error`, or `unknown` until the apply"),
  problems: z.array(z.string()).describe("What the conditions say that failed"),
});
/** Conditions of the configuration that do not hold, or that only an apply can answer. */
export type ReportedCheck = z.infer<typeof reportedCheck>;

export const missingChange = z.strictObject({
  kind: z.enum(["resource", "step"]),
  name: z.string().describe("Address of the resource, or id of the step"),
  proof: reportedProof,
});
/** A change of the environment before that is no part of this plan; its class is always `MISSING`. */
export type MissingChange = z.infer<typeof missingChange>;

export const gateResult = z.strictObject({
  id: z.string(),
  title: z.string(),
  stage: z
    .enum(["synth", "plan", "apply", "run", "attested"])
    .describe("When it is asked: at synth, at plan, when the plan is applied, right before a step, or by a person"),
  result: z
    .enum(["passed", "refused", "open", "waived", "pending"])
    .describe(
      "`refused`: the plan must not be applied. `open`: an apply refuses until the gate is attested. `pending`: judged later",
    ),
  code: z.string().optional().describe("Error code of a refusal, also of the one that an apply would end with"),
  detail: z.string().describe("What was found, and for a refusal what to do"),
  waiver: reportedWaiver.optional(),
});
export type GateResult = z.infer<typeof gateResult>;

const count = z.number().int().nonnegative();

const summary = z.strictObject({
  add: count.describe("Resources to add; a replacement counts here and in `destroy`, as Terraform counts"),
  change: count,
  destroy: count,
  import: count,
  move: count,
  forget: count,
  defer: count,
  invoke: count.describe("Actions of providers to invoke"),
  steps: count.describe("Steps to run or retry"),
  rollbacks: count.describe("Steps to roll back"),
  outputs: count,
  drift: count,
  statefulDestroys: count.describe("Stateful resources that are destroyed or replaced"),
});

const lane = z.strictObject({
  environment: z.string(),
  release: z.string().describe("The pinned release"),
  applied: z.string().optional().describe("Release of the last apply that succeeded, where a record shows one"),
  appliedAt: z.string().optional().describe("UTC"),
  protected: z.boolean(),
});

/** Schema of a report: all that is shown about one plan, in whatever form it is shown. */
export const promotionReport = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  stack: z.string(),
  system: z.string(),
  environment: z.string(),
  protected: z.boolean().describe("Whether the environment takes only what is proven or waived"),
  previousEnvironment: z.string().optional().describe("Absent for the first environment"),
  chain: z.array(lane).describe("The system in all its environments, in their order"),
  release: z.strictObject({
    from: z.string().optional().describe("Release of the last apply; absent where no record shows one"),
    to: z.string(),
  }),
  plannedAt: z.string().describe("UTC"),
  changes: z.boolean().describe("Whether an apply would do anything"),
  allowed: z.boolean().describe("Whether no gate refuses the plan; open gates still wait for an attestation"),
  summary,
  resources: z
    .array(reportedResource)
    .describe("In the order of Terraform's plan. Moves, imports and removals from the state are among them"),
  steps: z.array(reportedStep).describe("In the order in which they will run"),
  rollbacks: z.array(reportedStep).describe("Steps that leave, in the order in which they will be undone"),
  deferred: z.array(deferredChange),
  checks: z.array(reportedCheck).describe("Conditions that do not hold, or that only the apply can answer"),
  outputs: z.array(reportedOutput),
  drift: z
    .array(reportedResource)
    .describe("What changed outside of Terraform since the last apply: `before` was left behind, `after` is found"),
  proof: z
    .strictObject({
      environment: z.string().describe("The environment that proves"),
      records: z.array(z.string()).describe("SHA-256 of the records of its applies that were read, oldest first"),
      counts: z.record(proofClass, count).describe("How many changes are of each class"),
      open: count.describe("How many are neither PROVEN nor waived"),
      notCompared: count.optional().describe("How many values of proven changes are sensitive, and were not compared"),
      missing: z.array(missingChange),
      differences: z
        .array(z.string())
        .describe("Names of the declared differences between the two environments; they do not count"),
    })
    .optional()
    .describe("Absent in the first environment"),
  gates: z.array(gateResult).describe("Every gate of the environment, and the proof of a protected one"),
  warnings: z.array(z.string()).describe("What Terraform and the providers warn about"),
  digest: z.string().describe("SHA-256 over `parts`: what `sterna apply` applies is exactly this"),
  parts: z
    .record(z.string(), z.string())
    .describe("What the plan stands on: the plan file, scripts, the provider, by name, each with its SHA-256"),
  versions: z.strictObject({ sterna: z.string(), terraform: z.string() }),
});
/** All that is shown about one plan. Holds no sensitive value. */
export type PromotionReport = z.infer<typeof promotionReport>;

/**
 * What keeps an address apart in a report: a resource and its leftover objects share one address.
 *
 * @returns the address, with the key of a leftover object in brackets
 */
export function reportedName({ address, deposed }: Pick<ReportedResource, "address" | "deposed">): string {
  return deposed === undefined ? address : `${address} (deposed ${deposed})`;
}
