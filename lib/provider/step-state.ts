import { EngineError } from "../engine/engine-error";
import { containsUnknown, UNKNOWN, type TerraformObject } from "../engine/protocol/dynamic-value";
import { canonicalJson, programChecksum } from "../manifest/checksum";
import { program, type Program } from "../manifest/program";
import { stepDefinition, type StepDefinition, type StepRecord } from "../manifest/step-record";
import { kindOf } from "./kinds";
import { stepSchema } from "./schema";

/** @throws EngineError `InvalidProgram` when the text is no JSON or of another kind; ZodError when it is no program */
export function parseProgram(json: unknown): Program {
  let value: unknown;
  try {
    value = JSON.parse(String(json));
  } catch (error) {
    throw new EngineError("InvalidProgram", `the program is not JSON: ${(error as Error).message}`, { cause: error });
  }
  assertKnownKind(value);
  return program.parse(value);
}

/** A step can outlive the version of Sterna that knew its kind. */
function assertKnownKind(value: unknown): void {
  const kind = (value as { kind?: unknown } | null)?.kind;
  if (typeof kind !== "string" || program.options.some((option) => option.shape.kind.value === kind)) return;
  const known = program.options.map((option) => option.shape.kind.value).join(", ");
  throw new EngineError(
    "InvalidProgram",
    `the program is of kind "${kind}", which this version of Sterna does not know (it knows ${known}). Is the word misspelt, or was the step written by a newer Sterna? Then use that one.`,
  );
}

const DEFAULTS = {
  phase: "migrate",
  variables: {},
  after: [],
  on_retry: "resume",
  on_destroy: "rollback",
  on_stop: "stop",
};

/**
 * The planned step, with the defaults of what the configuration leaves out.
 *
 * @param config tells a left out argument (null) from one that is not known yet: in `proposed` both are unknown
 */
export function withDefaults(proposed: TerraformObject, config: TerraformObject): TerraformObject {
  const defaults = Object.entries({ ...DEFAULTS, title: config.id });
  const left = defaults.filter(([name]) => (config[name] ?? null) === null);
  return { ...proposed, ...Object.fromEntries(left) };
}

/**
 * A step as Terraform holds it, read. Attributes that a newer Sterna added are ignored.
 * @throws EngineError `InvalidProgram`, `InvalidStep`
 */
export function toDefinition(given: TerraformObject, environment: string): StepDefinition {
  const state = withDefaults(given, given);
  return stepDefinition.parse({
    id: state.id,
    system: state.system,
    environment,
    release: state.release,
    title: state.title,
    phase: state.phase,
    program: parseProgram(state.program),
    variables: state.variables,
    after: state.after,
    irreversible: state.irreversible ?? undefined,
    onRetry: state.on_retry,
    onStop: state.on_stop,
    onDestroy: state.on_destroy,
    timeout: state.timeout === null || state.timeout === undefined ? undefined : Number(state.timeout),
  });
}

const ARGUMENTS = Object.entries(stepSchema)
  .filter(([, { use }]) => use !== "computed")
  .map(([name]) => name);

/** Whether the configuration of a step is known, all of it. */
export function argumentsKnown(step: TerraformObject): boolean {
  return !ARGUMENTS.some((name) => containsUnknown(step[name]));
}

/** Only the attributes of the schema, each present: Terraform accepts no other shape. */
export function complete(state: TerraformObject): TerraformObject {
  return Object.fromEntries(Object.keys(stepSchema).map((name) => [name, state[name] ?? null]));
}

/** Computed attributes that the plan can know. They depend on the configuration alone: Terraform plans twice. */
export function plannedFacts(config: TerraformObject): TerraformObject {
  if (config.program === UNKNOWN) return { checksum: UNKNOWN, preview: UNKNOWN };
  const parsed = parseProgram(config.program);
  const variables = (config.variables ?? {}) as Record<string, unknown>;
  // A planned value must hold in the apply, where the variables are known.
  const preview = containsUnknown(variables) ? UNKNOWN : previewOf(parsed, variables);
  return { checksum: programChecksum(parsed), preview };
}

/** Computed attributes of a step that is applied. */
export function appliedFacts(record: StepRecord): TerraformObject {
  return {
    status: "applied",
    checksum: record.checksum,
    applied_at: record.appliedAt ?? null,
    artifact: record.artifact ? JSON.stringify(record.artifact) : null,
  };
}

/** The state of an imported step: all of it comes from the ledger. */
export function fromRecord(record: StepRecord): TerraformObject {
  return complete({
    id: record.id,
    system: record.system,
    release: record.release,
    title: record.title,
    phase: record.phase,
    program: canonicalJson(record.program),
    variables: record.variables,
    after: record.after,
    irreversible: record.irreversible,
    on_retry: record.onRetry,
    on_stop: record.onStop,
    on_destroy: record.onDestroy,
    timeout: record.timeout,
    ...appliedFacts(record),
    preview: previewOf(record.program, record.variables),
  });
}

function previewOf(program: Program, variables: Readonly<Record<string, unknown>>): string[] {
  return kindOf(program).preview(writtenOut(program, variables) as never);
}

/**
 * A program with the variables of its environment written out, as far as they are known: for people to read. Never for
 * a checksum, and secrets stay names.
 */
export function writtenOut(program: Program, variables: Readonly<Record<string, unknown>>): Program {
  return replace(program, variables) as Program;
}

function replace(value: unknown, variables: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((item) => replace(item, variables));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value);
  const [name, reference] = entries[0] ?? [];
  if (entries.length === 1 && name === "variable" && typeof reference === "string") {
    const known = variables[reference];
    return typeof known === "string" ? known : value;
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, replace(item, variables)]));
}
