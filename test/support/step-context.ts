import type { StepContext } from "../../lib/engine/step-kind";
import { resolveText } from "../../lib/engine/secrets/stored-secret";
import type { StoredSecret } from "../../lib/manifest/text";

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
    definition: { system: "shop", environment: "staging" },
    signal: options.signal ?? new AbortController().signal,
    lookUp: async () => undefined,
    resolve: (text) => resolveText(text as Exclude<typeof text, StoredSecret>, variables, `step "${stepId}"`),
    progress: (message) => void messages.push(message),
    redact: (text) => text,
    announceProcess: async () => undefined,
    messages,
  };
}
