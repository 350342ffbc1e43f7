import type { Text } from "../../engine/text";
import type { CommandStepProps } from "../../steps/command-step";

/** The properties that all preconditions leave open. */
export type PreconditionBase = Pick<CommandStepProps, "after" | "timeout" | "title">;

/**
 * A script that ends with an error when something does not hold, as a step that changes nothing.
 *
 * @param question script that ends with 0 when all is well
 * @param environment its values: they never stand in the script, so that no value is run
 */
export function toPrecondition(question: string, environment: Readonly<Record<string, Text>>): CommandStepProps {
  return {
    phase: "expand",
    environment,
    up: question,
    // The question changes nothing, so nothing is undone.
    down: "true",
    verify: [{ query: `${question}\necho holds`, expected: "holds" }],
  };
}
