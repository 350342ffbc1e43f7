import { z } from "zod";
import { program } from "./program";

/** Type of an attribute in Terraform. */
export type AttributeType = "string" | "number" | readonly ["list" | "map", "string"];

/** One argument of `sterna_step`. */
interface StepAttribute {
  readonly type: AttributeType;

  /** What it may be. One that accepts `undefined` is optional, without a default. */
  readonly schema: z.ZodType;

  /** For Terraform's documentation of the provider. */
  readonly description: string;

  /**
   * What a step gets that leaves it out; as a function, for the id of the step.
   * @default - none
   */
  readonly default?: unknown;
}

/**
 * The arguments of `sterna_step`, in the order in which they are written.
 *
 * Terraform's schema, the defaults, the validation, what the constructs write and what the ledger records follow from
 * this table. In Terraform, `onRetry` is `on_retry`. An argument that is added is optional or has a default: older
 * configurations and rows must stay valid.
 */
export const STEP_ATTRIBUTES = {
  id: {
    type: "string",
    schema: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/),
    description: "Name of the step in the ledger. Never changes.",
  },
  system: { type: "string", schema: z.string().min(1), description: "System that is migrated." },
  release: { type: "string", schema: z.string().min(1), description: "Release that the step belongs to." },
  title: {
    type: "string",
    schema: z.string(),
    default: (id: string) => id,
    description: "What the step does, for people.",
  },
  phase: {
    type: "string",
    schema: z.enum(["expand", "migrate", "contract"]),
    default: "migrate",
    description: "expand, migrate or contract.",
  },
  program: { type: "string", schema: program, description: "What up, down, verify and probe do, as JSON." },
  variables: {
    type: ["map", "string"],
    schema: z.record(z.string(), z.string()),
    default: {},
    description: "Values of this environment that the program names.",
  },
  after: {
    type: ["list", "string"],
    schema: z.array(z.string()),
    default: [],
    description: "Steps that come before this one.",
  },
  irreversible: { type: "string", schema: z.string().optional(), description: "Why the step cannot be undone." },
  onRetry: {
    type: "string",
    schema: z.enum(["resume", "compensate"]),
    default: "resume",
    description: "resume or compensate: how a half-applied step is tried again.",
  },
  onDestroy: {
    type: "string",
    schema: z.enum(["rollback", "keep", "refuse"]),
    default: "rollback",
    description: "rollback, keep or refuse: what removing the step does.",
  },
  onStop: {
    type: "string",
    // One that still waits for its lock does not begin, either way.
    schema: z.enum(["stop", "finish"]),
    default: "stop",
    description: "stop or finish: what an interrupt of Terraform does to the running step.",
  },
  proof: {
    type: "string",
    schema: z.string().optional(),
    description: "Ledger that must hold this step already, as JSON: {environment, ledger}.",
  },
  timeout: {
    type: "number",
    schema: z.number().positive().optional(),
    description: "Seconds after which the step is stopped.",
  },
} as const satisfies Record<string, StepAttribute>;

type Table = typeof STEP_ATTRIBUTES;

/** Name of an argument of `sterna_step`, as the constructs and the ledger write it. */
export type StepAttributeName = keyof Table;

/** The table as rows, for what does the same with each. */
export const STEP_ATTRIBUTE_ROWS = Object.entries(STEP_ATTRIBUTES).map(
  ([name, row]): StepAttribute & { readonly name: StepAttributeName; readonly terraform: string } => ({
    ...row,
    name: name as StepAttributeName,
    terraform: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  }),
);

/** What a step gets that leaves an argument out, by the names of the constructs. */
export function attributeDefaults(id: unknown): Partial<Record<StepAttributeName, unknown>> {
  const defaulted = STEP_ATTRIBUTE_ROWS.filter((row) => row.default !== undefined);
  return Object.fromEntries(
    defaulted.map(({ name, default: value }) => [name, typeof value === "function" ? value(id) : value]),
  );
}

type Shape = {
  [Name in StepAttributeName]: Table[Name] extends { readonly default: infer Default }
    ? Default extends (id: string) => unknown
      ? Table[Name]["schema"]
      : z.ZodDefault<Table[Name]["schema"]>
    : Table[Name]["schema"];
};

/** The arguments of a step by their names. A row of a ledger is older than the arguments that were added since. */
export const stepAttributes = z.object(
  Object.fromEntries(
    STEP_ATTRIBUTE_ROWS.map(({ name, schema, default: value }) => [
      name,
      value === undefined || typeof value === "function" ? schema : schema.default(value),
    ]),
  ) as Shape,
);

/** The arguments of a step, before their defaults. */
export type StepAttributes = z.input<typeof stepAttributes>;
