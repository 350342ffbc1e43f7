import { AssertionError } from "node:assert";
import type { TerraformStack } from "cdktf";
import { type SynthesizedStack, type SynthesizedStep, synthesizeStack } from "./synthesize-stack";

type Block = Readonly<Record<string, unknown>>;

/** What a matcher of Jest or Vitest returns. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/**
 * Matchers for `expect.extend(matchers)` in Jest and Vitest: `expect(stack).toHaveStep("create-orders", { phase:
 * "expand" })`, `expect(stack).not.toHaveResource("aws_s3_bucket")`. `expectStep` and `expectResource` do the same without
 * a test framework.
 */
export const matchers = {
  /** @throws ValidationError or Error if the stack is not valid */
  toHaveStep(stack: TerraformStack, id: string, expected: Readonly<Record<string, unknown>> = {}): MatcherResult {
    return stepResult(synthesizeStack(stack), id, expected);
  },

  /** @throws ValidationError or Error if the stack is not valid */
  toHaveResource(stack: TerraformStack, type: string, expected: Readonly<Record<string, unknown>> = {}): MatcherResult {
    return resourceResult(synthesizeStack(stack), type, expected);
  },
};

/**
 * Fails unless a stack has a step with these attributes.
 *
 * @param id construct id of the step
 * @param expected attributes of the step, such as `{ phase: "contract", program: { up: /drop table/ } }`. Objects may
 * leave out what does not matter; a regular expression matches a text; matchers such as `expect.any(Number)` work too.
 * @returns the step
 * @throws AssertionError what the step has instead; ValidationError or Error if the stack is not valid
 */
export function expectStep(
  stack: TerraformStack,
  id: string,
  expected: Readonly<Record<string, unknown>> = {},
): SynthesizedStep {
  const synthesized = synthesizeStack(stack);
  assertPass(stepResult(synthesized, id, expected), "expectStep");
  return synthesized.steps.find((step) => step.id === id)!;
}

/**
 * Fails unless a stack has a resource of a type with these arguments.
 *
 * @param type such as `aws_s3_bucket`
 * @param expected arguments as in `cdk.tf.json`, matched as `expectStep` matches attributes
 * @returns the first such resource
 * @throws AssertionError what the resources have instead; ValidationError or Error if the stack is not valid
 */
export function expectResource(
  stack: TerraformStack,
  type: string,
  expected: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const synthesized = synthesizeStack(stack);
  assertPass(resourceResult(synthesized, type, expected), "expectResource");
  return synthesized.resources(type).find((block) => matches(block, expected))!;
}

function stepResult({ steps }: SynthesizedStack, id: string, expected: Block): MatcherResult {
  const found = steps.find((step) => step.id === id);
  const others = steps.length === 0 ? "the stack has no steps" : `there are ${steps.map((step) => step.id).join(", ")}`;
  return result(found && [attributesOf(found)], expected, `a step "${id}"`, others);
}

function resourceResult({ json, resources }: SynthesizedStack, type: string, expected: Block): MatcherResult {
  const types = Object.keys((json.resource ?? {}) as Block);
  const others = types.length === 0 ? "the stack has no resources" : `there are ${types.join(", ")}`;
  return result(resources(type), expected, `a resource ${type}`, others);
}

function attributesOf({ block, kind, program, variables }: SynthesizedStep): Block {
  return { ...block, kind, program, variables };
}

function result(found: readonly Block[] | undefined, expected: Block, what: string, others: string): MatcherResult {
  if (found === undefined || found.length === 0) {
    return { pass: false, message: () => `the stack should have ${what}: ${others}` };
  }
  if (found.some((block) => matches(block, expected))) {
    return { pass: true, message: () => `the stack should have no such ${what.replace(/^an? /, "")}` };
  }
  // Only what the test names: the rest of a block would hide the difference.
  const shown = found.map((block) => Object.fromEntries(Object.keys(expected).map((key) => [key, block[key]])));
  const actual = shown.length === 1 ? shown[0] : shown;
  const text = (value: unknown) =>
    JSON.stringify(value, (_key, inner: unknown) => (inner instanceof RegExp ? String(inner) : inner), 2);
  const message = () => `the stack has ${what}, but not with ${text(expected)}; it has ${text(actual)}`;
  return { pass: false, message, actual, expected };
}

function assertPass({ pass, message, actual, expected }: MatcherResult, operator: string): void {
  if (!pass) throw new AssertionError({ message: message(), actual, expected, operator });
}

/** Whether a value has everything that is expected of it. */
function matches(actual: unknown, expected: unknown): boolean {
  if (expected instanceof RegExp) return typeof actual === "string" && expected.test(actual);
  if (typeof expected !== "object" || expected === null) return Object.is(actual, expected);
  if ("asymmetricMatch" in expected) {
    return (expected as { asymmetricMatch(value: unknown): boolean }).asymmetricMatch(actual);
  }
  if (typeof actual !== "object" || actual === null || Array.isArray(actual) !== Array.isArray(expected)) return false;
  if (Array.isArray(expected) && (actual as unknown[]).length !== expected.length) return false;
  return Object.entries(expected).every(([key, value]) => matches((actual as Block)[key], value));
}
