import { containsUnknown, UNKNOWN, type TerraformObject } from "../engine/protocol/dynamic-value";
import { parseProgram } from "../engine/step-definition";
import { kindOf } from "../engine/step-kind";
import { canonicalJson, programChecksum } from "../manifest/checksum";
import type { Program } from "../manifest/program";
import { STEP_ATTRIBUTE_ROWS } from "../manifest/step-attributes";
import type { StepRecord } from "../manifest/step-record";
import { stepSchema } from "./schema";

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
  const recorded: Readonly<Record<string, unknown>> = { ...record, program: canonicalJson(record.program) };
  return complete({
    ...Object.fromEntries(STEP_ATTRIBUTE_ROWS.map(({ name, terraform }) => [terraform, recorded[name]])),
    ...appliedFacts(record),
    preview: previewOf(record.program, record.variables),
  });
}

function previewOf(program: Program, variables: Readonly<Record<string, unknown>>): string[] {
  return kindOf(program).preview(writtenOut(program, variables));
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
