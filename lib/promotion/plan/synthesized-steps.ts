import { z } from "zod";
import { programChecksum } from "../../manifest/checksum";
import { program, type Program } from "../../manifest/program";
import type { StepDefinition } from "../../manifest/step-record";
import { toDefinition } from "../../engine/step-definition";
import { STEP_TYPE } from "./step-change";
import type { StackManifest } from "../../manifest/stack-manifest";

/** A step of a synthesized stack. */
export interface SynthesizedStep {
  readonly id: string;
  /** Address in Terraform, such as `sterna_step.create-schema`. */
  readonly address: string;
  readonly release: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Where the environment before must hold the step, as JSON; absent in the first environment. */
  readonly proof?: string;
  /** Absent when something in it is known only to Terraform. */
  readonly program?: Program;
  /** SHA-256 of the program; absent together with it. Environments with equal checksums run the same thing. */
  readonly checksum?: string;
}

const stepBlock = z.looseObject({
  id: z.string(),
  release: z.string(),
  title: z.string().optional(),
  program: z.string(),
  proof: z.string().optional(),
  after: z.array(z.string()).default([]),
  variables: z.record(z.string(), z.string()).default({}),
});

const blocks = z.record(z.string(), z.union([stepBlock, z.array(stepBlock).length(1)]));

/** What is read of a `cdk.tf.json`. */
export const synthesizedStack = z.looseObject({
  resource: z.looseObject({ [STEP_TYPE]: blocks.optional() }).optional(),
});

/** All steps of a stack, in the order of the file. */
export function synthesizedSteps(stack: z.infer<typeof synthesizedStack>): SynthesizedStep[] {
  return Object.entries(stack.resource?.[STEP_TYPE] ?? {}).map(([name, block]) => {
    const step = Array.isArray(block) ? block[0]! : block;
    const parsed = parseProgram(step.program);
    return {
      id: step.id,
      address: `${STEP_TYPE}.${name}`,
      release: step.release,
      title: literalText(step.title ?? step.id),
      after: step.after,
      variables: Object.fromEntries(Object.entries(step.variables).map(([key, value]) => [key, literalText(value)])),
      ...(step.proof === undefined ? {} : { proof: literalText(step.proof) }),
      ...(parsed === undefined ? {} : { program: parsed, checksum: programChecksum(parsed) }),
    };
  });
}

/**
 * The steps of a stack as its ledger records them, by their ids. Those in which something is known only to Terraform,
 * or to another version of Sterna, are left out.
 */
export function synthesizedDefinitions(
  stack: z.infer<typeof synthesizedStack>,
  environment: string,
): Map<string, StepDefinition> {
  const definitions = Object.values(stack.resource?.[STEP_TYPE] ?? {}).flatMap((block) => {
    const { proof: _proof, ...step } = Array.isArray(block) ? block[0]! : block;
    if (isTemplate(JSON.stringify(step))) return [];
    try {
      return [toDefinition(literalValue(step) as Record<string, unknown>, environment)];
    } catch {
      return [];
    }
  });
  return new Map(definitions.map((definition) => [definition.id, definition]));
}

function parseProgram(template: string): Program | undefined {
  if (isTemplate(template)) return undefined;
  try {
    return program.safeParse(JSON.parse(literalText(template))).data;
  } catch {
    return undefined;
  }
}

/** Whether Terraform has to work the text out: it holds `${` or `%{` that is not escaped. */
function isTemplate(text: string): boolean {
  return /\$\{|%\{/.test(text.replaceAll("$${", " ").replaceAll("%%{", " "));
}

function literalValue(value: unknown): unknown {
  if (typeof value === "string") return literalText(value);
  if (Array.isArray(value)) return value.map(literalValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, literalValue(item)]));
}

/** Undoes `terraformLiteral`: every string of a Terraform JSON file is a template. */
function literalText(text: string): string {
  return text.replaceAll("$${", () => "${").replaceAll("%%{", () => "%{");
}

/** One system in one environment, as the app synthesized it. */
export interface SynthesizedSystem extends StackManifest {
  /** Folder of the stack, absolute. Terraform runs there. */
  readonly directory: string;
  readonly steps: readonly SynthesizedStep[];
  /** Steps as the ledger records them, by their ids; without those in which something is known only to Terraform. */
  readonly definitions: ReadonlyMap<string, StepDefinition>;
}
