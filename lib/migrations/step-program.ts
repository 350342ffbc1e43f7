import type { IConstruct } from "constructs";
import type { z } from "zod";
import { holdsPassword } from "../core/secrets-in-text";
import { describeIssues } from "../core/read-json-file";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/errors";
import type { SystemStack } from "../environments/system-stack";
import { canonicalJson } from "../manifest/checksum";
import type { ProgramSchema } from "../manifest/program";

/** What the engine runs. `docs/constructs/steps.md` lists the kinds. */
export interface ProgramDocument {
  /** Kind of the step: `sql`, `command`, `transfer`. */
  readonly kind: string;

  /** Properties of the kind, checked when the step is created. */
  readonly [property: string]: unknown;
}

/** What a step does, unchecked. */
export interface StepProgram {
  /**
   * The schema of its kind: `lib/steps/<kind>/program.ts`.
   * @internal
   */
  readonly schema: ProgramSchema;

  /** What the engine runs. */
  readonly program: ProgramDocument;

  /** Variables that the program uses in its own syntax, in addition to `variable("NAME")` references. */
  readonly variables?: readonly string[];
}

/**
 * A `StepProgram` whose program is typed by its schema.
 * @internal
 */
export interface TypedStepProgram<Schema extends ProgramSchema> extends StepProgram {
  readonly schema: Schema;
  readonly program: z.input<Schema> & ProgramDocument;
}

/** A program in the form that Terraform receives. */
export interface CompiledProgram {
  /** Canonical JSON. */
  readonly json: string;

  /** The variables that the program uses, and no others. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Checks a program and extracts what differs between environments.
 *
 * @throws ValidationError `LiteralPassword`, `UnresolvedInProgram`, `InvalidStep`, `StepNotVerified`, `UnknownVariable`
 */
export function compileProgram(
  step: IConstruct,
  stack: SystemStack,
  { schema, program, variables = [] }: StepProgram,
): CompiledProgram {
  const scan = new ProgramScan(step);
  const scanned = scan.visit(program, []);
  const parsed = schema.safeParse(scanned);
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => issue.path.join("."));
    const lifted = Object.keys(scan.lifted).find((name) => paths.includes(name));
    if (lifted !== undefined) {
      throw new ValidationError(
        "UnresolvedInProgram",
        `${lifted} must be known at synth: the program is reviewed in the plan. Give the value of the other resource to a property that takes references, such as environment`,
        step,
      );
    }
    const code = paths.some((path) => path.startsWith("verify")) ? "StepNotVerified" : "InvalidStep";
    throw new ValidationError(code, `the step is invalid:\n${describeIssues(parsed.error)}\n`, step);
  }
  const values: Record<string, string> = { ...scan.lifted };
  for (const name of [...scan.variables, ...variables]) values[name] ??= valueOf(name, step, stack);
  return { json: canonicalJson(parsed.data), variables: values };
}

class ProgramScan {
  /** Names of variables that the program refers to. */
  readonly variables = new Set<string>();

  /** Values that only Terraform knows, by their position in the program. The program refers to them as variables. */
  readonly lifted: Record<string, string> = {};

  constructor(private readonly step: IConstruct) {}

  visit(value: unknown, path: readonly string[]): unknown {
    if (typeof value === "string") return this.visitText(value, path.join("."));
    if (Array.isArray(value) && !isUnresolved(value))
      return value.map((item, index) => this.visit(item, [...path, String(index)]));
    if (value === null || typeof value !== "object" || isUnresolved(value)) return value;
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length === 1 && entries[0]![0] === "variable" && typeof entries[0]![1] === "string") {
      this.variables.add(entries[0]![1]);
      return value;
    }
    return Object.fromEntries(entries.map(([key, item]) => [key, this.visit(item, [...path, key])]));
  }

  private visitText(text: string, place: string): unknown {
    if (isUnresolved(text)) {
      this.lifted[place] = text;
      return { variable: place };
    }
    if (!holdsPassword(text)) return text;
    throw new ValidationError(
      "LiteralPassword",
      `${place} is a URL with a password, and programs are written to plans, states and ledgers; set it where Terraform runs and ` +
        'write SecretReference.environment("<NAME>")',
      this.step,
    );
  }
}

function valueOf(name: string, step: IConstruct, stack: SystemStack): string {
  const value = stack.variables[name];
  if (value !== undefined) return value;
  const known = Object.keys(stack.variables).join(", ") || "none";
  throw new ValidationError(
    "UnknownVariable",
    `the environment ${stack.environment.name} has no variable "${name}" for ${stack.system}, it has ${known}; add ` +
      `"variables": { "${stack.system}": { "${name}": "<value>" } } to ${stack.environment.name} in environments.json`,
    step,
  );
}
