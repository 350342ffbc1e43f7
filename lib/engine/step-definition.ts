import { program, type Program } from "../manifest/program";
import { attributeDefaults, STEP_ATTRIBUTE_ROWS, type AttributeType } from "../manifest/step-attributes";
import { stepDefinition, type StepDefinition } from "../manifest/step-record";
import { EngineError } from "./engine-error";

/** The arguments of a step by their names in Terraform; one that is left out is null. */
type StepArguments = Readonly<Record<string, unknown>>;

/** @throws EngineError `InvalidProgram` when the text is no JSON or of another kind; ZodError when it is no program */
export function parseProgram(json: unknown): Program {
  let value: unknown;
  try {
    value = JSON.parse(String(json));
  } catch (error) {
    throw new EngineError("InvalidProgram", `the program is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const { data, error } = program.safeParse(value);
  if (error === undefined) return data;
  const unknownKind = error.issues.find(({ code, path }) => code === "custom" && path.join() === "kind");
  throw unknownKind ? new EngineError("InvalidProgram", unknownKind.message, { cause: error }) : error;
}

/**
 * The planned step, with the defaults of what the configuration leaves out.
 *
 * @param config tells a left out argument (null) from one that is not known yet: in `proposed` both are unknown
 */
export function withDefaults(proposed: StepArguments, config: StepArguments): Record<string, unknown> {
  const defaults = attributeDefaults(config.id);
  const left = STEP_ATTRIBUTE_ROWS.filter(
    ({ name, terraform }) => name in defaults && (config[terraform] ?? null) === null,
  );
  return { ...proposed, ...Object.fromEntries(left.map(({ name, terraform }) => [terraform, defaults[name]])) };
}

/**
 * A step as Terraform holds it, read. Attributes that a newer Sterna added are ignored.
 * @throws EngineError `InvalidProgram`; ZodError for another argument
 */
export function toDefinition(given: StepArguments, environment: string): StepDefinition {
  const state = withDefaults(given, given);
  const values = STEP_ATTRIBUTE_ROWS.map(({ name, terraform, type }) => [name, read(state[terraform], type)]);
  return stepDefinition.parse({ ...Object.fromEntries(values), environment, program: parseProgram(state.program) });
}

/** Terraform's null is an argument that is left out; its numbers may come as texts. */
function read(value: unknown, type: AttributeType): unknown {
  if (value === null || value === undefined) return undefined;
  return type === "number" ? Number(value) : value;
}
