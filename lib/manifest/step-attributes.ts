import { z } from "zod";
import { program } from "./program";

/** Type of an attribute in Terraform. */
export type AttributeType = "string" | "number" | readonly ["list" | "map", "string"];

/** One argument of `sterna_step`. */
interface StepAttribute {
  readonly type: AttributeType;

  /** Allowed values. If it accepts `undefined`, the argument is optional, without a default. */
  readonly schema: z.ZodType;

  /** For Terraform's documentation of the provider. */
  readonly description: string;

  /**
   * Default value, or a function from the id of the step to the default.
   * @default - none
   */
  readonly default?: unknown;
}

/**
 * The arguments of `sterna_step`, in the order in which they are written.
 *
 * Terraform's schema, the defaults, the validation, what the constructs write and what the ledger records are derived
 * from this table. In Terraform, `onRetry` is `on_retry`. A new argument must be optional or have a default: older
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
    // In both cases, a step that is still waiting for its lock does not begin.
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

/** Name of an argument of `sterna_step`, in the constructs and the ledger. */
export type StepAttributeName = keyof Table;

/** The table as rows, for code that handles all of them alike. */
export const STEP_ATTRIBUTE_ROWS = Object.entries(STEP_ATTRIBUTES).map(
  ([name, row]): StepAttribute & { readonly name: StepAttributeName; readonly terraform: string } => ({
    ...row,
    name: name as StepAttributeName,
    terraform: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  }),
);

/** Defaults of the arguments, by the names in the constructs. */
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

/** The arguments of a step by name. A ledger row may lack arguments that were added later. */
export const stepAttributes = z.object(
  Object.fromEntries(
    STEP_ATTRIBUTE_ROWS.map(({ name, schema, default: value }) => [
      name,
      value === undefined || typeof value === "function" ? schema : schema.default(value),
    ]),
  ) as Shape,
);

/** The arguments of a step, without defaults applied. */
export type StepAttributes = z.input<typeof stepAttributes>;
