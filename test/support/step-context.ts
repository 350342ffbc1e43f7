import type { StepContext } from "../../lib/engine/kinds/step-kind";
import { resolveText } from "../../lib/engine/resolve-text";

/** A context that remembers what a step said. */
export interface RecordingContext extends StepContext {
  readonly messages: string[];
}

/** What the executor gives a step, without an executor. */
export function stepContext(
  stepId: string,
  options: Partial<Pick<StepContext, "signal" | "variables">> = {},
): RecordingContext {
  const messages: string[] = [];
  const variables = options.variables ?? {};
  return {
    stepId,
    variables,
    signal: options.signal ?? new AbortController().signal,
    resolve: (text) => resolveText(text, variables, `step "${stepId}"`),
    progress: (message) => void messages.push(message),
    redact: (text) => text,
    announceProcess: async () => undefined,
    messages,
  };
}
