import type { z } from "zod";
import { EngineError } from "../engine-error";
import { UNKNOWN, type TerraformObject } from "../protocol/dynamic-value";
import type { Diagnostic } from "../protocol/messages";
import { stepDefinition } from "../step-record";
import { failure } from "./diagnostics";
import { parseProof } from "./proof";
import { parseProgram } from "./step-state";

/** The value of one argument; the provider's schema says only which type it has. */
function argument(schema: z.ZodType, prepare: (value: unknown) => unknown = (value) => value) {
  return (value: unknown): void => {
    const { error } = schema.safeParse(prepare(value));
    if (!error) return;
    const issues = error.issues.map(({ message }) => message).join("; ");
    throw new EngineError("InvalidStep", `got ${JSON.stringify(value)}: ${issues}`);
  };
}

const ARGUMENTS: Record<string, (value: unknown) => unknown> = {
  id: argument(stepDefinition.shape.id),
  system: argument(stepDefinition.shape.system),
  release: argument(stepDefinition.shape.release),
  phase: argument(stepDefinition.shape.phase),
  program: parseProgram,
  on_retry: argument(stepDefinition.shape.onRetry),
  on_stop: argument(stepDefinition.shape.onStop.removeDefault()),
  on_destroy: argument(stepDefinition.shape.onDestroy),
  timeout: argument(stepDefinition.shape.timeout, Number),
  proof: parseProof,
};

/** What is wrong with the arguments of a step, as far as they are known: each error at its argument. */
export function validateStep(config: TerraformObject): Diagnostic[] {
  return Object.entries(ARGUMENTS).flatMap(([name, read]) => {
    const value = config[name] ?? null;
    if (value === null || value === UNKNOWN) return [];
    try {
      read(value);
      return [];
    } catch (error) {
      return [failure(`Step "${String(config.id)}" has an invalid ${name}`, error, name)];
    }
  });
}
