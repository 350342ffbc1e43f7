import { ValidationError } from "../core/validation-error";
import type { SystemStack } from "../environments/system-stack";
import type { Release } from "../releases/release";
import type { Step } from "./step";

/**
 * Both colours of a rollout use one schema, so nothing is taken away that the release of a colour still needs.
 *
 * @throws ValidationError `InvalidLastNeededBy`, `ContractBeforeRetire`, `UnknownRelease`
 */
export function requireRetired(step: Step, stack: SystemStack): void {
  const lastNeededBy = requireLastNeededBy(step, stack);
  const { rollout, system, environment } = stack;
  if (rollout === undefined || step.phase !== "contract") return;
  const { to } = step.migration;
  for (const colour of rollout.colours) {
    const release = ValidationError.locate(step, () => stack.releases.get(rollout.releaseOf(colour)!));
    const needsIt = lastNeededBy === undefined ? release.isOlderThan(to) : !lastNeededBy.isOlderThan(release);
    if (!needsIt) continue;
    const message =
      `it takes away what only releases ${lastNeededBy === undefined ? `before ${to}` : `up to ${lastNeededBy}`} need, and ${colour} runs ` +
      `${release} in ${environment.name}. Move it to the migration of the next release, with lastNeededBy: "${lastNeededBy ?? release}", and pin that one after ` +
      `\`sterna rollout ${system} ${environment.name} --retire\` has removed ${colour}`;
    throw new ValidationError("ContractBeforeRetire", message, step);
  }
}

function requireLastNeededBy(step: Step, stack: SystemStack): Release | undefined {
  if (step.lastNeededBy === undefined) return undefined;
  const release = ValidationError.locate(step, () => stack.releases.get(step.lastNeededBy!));
  const { to } = step.migration;
  if (step.phase === "contract" && release.isOlderThan(to)) return release;
  const reason =
    step.phase === "contract"
      ? `and the step comes with ${to}; name a release before ${to}`
      : `and the step is of the phase "${step.phase}"; leave it out, or write phase: "contract"`;
  throw new ValidationError("InvalidLastNeededBy", `\`lastNeededBy\` is ${release}, ${reason}`, step);
}
