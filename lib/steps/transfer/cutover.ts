import type { CheckResult } from "../../manifest/step-checks";
import { z } from "zod";
import { EngineError } from "../../engine/engine-error";
import { assertChecks, kindOf, type StepContext, type StepKind } from "../../engine/step-kind";
import type { Artifact } from "../../manifest/step-record";
import { comparePlaces } from "./compare-places";
import type { Places } from "./open-places";
import type { Place } from "./place";
import type { CutoverAction, TransferProgram } from "./program";
import { synchronize } from "./synchronize";

/** Undo must complete even if the step was interrupted, but must not run forever. */
const UNDO_MILLISECONDS = 10 * 60 * 1000;

/**
 * Stops writers, copies the last changes, proves both places equal, and only then points the application to the target.
 * If any of this fails or is interrupted, everything is restored at once.
 */
export async function cutover(program: TransferProgram, places: Places, context: StepContext): Promise<Artifact> {
  const record = new CutoverRecord(places.to, program.transfer);
  try {
    const run = async (actions: readonly CutoverAction[], before: number): Promise<void> => {
      for (const [index, action] of actions.entries()) {
        await record.write({ begun: before + index + 1 }, context.signal);
        await runAction(action, context);
      }
    };
    await run(program.freeze, 0);
    const artifact = await synchronize(program, places, context, false);
    const checks = await comparePlaces(program, places, "source", context.signal);
    assertChecks(checks);
    context.progress(`both places are equal (${checks[0]?.actual} objects, ${checks[1]?.actual} bytes); switches over`);
    await run(program.switch, program.freeze.length);
    const begun = program.freeze.length + program.switch.length;
    await record.write({ begun, completedAt: new Date().toISOString() }, context.signal);
    return { ...artifact, sha256: checks[2]?.actual ?? "" };
  } catch (error) {
    context.progress("the cutover did not come to its end; puts everything back");
    await undoCutover(program, places, lasting(context)).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const first = error instanceof Error ? error.message : String(error);
      throw new EngineError("RollbackFailed", `${first}; and it could not be put back: ${reason}`, { cause });
    });
    throw error;
  }
}

/** Checks whether the effect of every action is still present. */
export async function verifyCutover(
  program: TransferProgram,
  { to }: Places,
  context: StepContext,
): Promise<CheckResult[]> {
  const state = await new CutoverRecord(to, program.transfer).read(context.signal);
  const results: CheckResult[] = [
    {
      query: `cutover of ${program.transfer} recorded in ${to.location}`,
      expected: "complete",
      actual: state?.completedAt === undefined ? "not complete" : "complete",
    },
  ];
  for (const action of program.switch) {
    results.push(...(await kindOfAction(action).verify(action, context, undefined)));
  }
  return results;
}

/** Undoes the actions that were begun, in reverse order. Repeatable: the record states what remains. */
export async function undoCutover(program: TransferProgram, { to }: Places, context: StepContext): Promise<void> {
  const record = new CutoverRecord(to, program.transfer);
  const actions = [...program.freeze, ...program.switch];
  const begun = (await record.read(context.signal))?.begun ?? 0;
  for (let count = begun; count > 0; count--) {
    const action = actions[count - 1] as CutoverAction;
    await kindOfAction(action).down(action, context, undefined);
    await record.write({ begun: count - 1 }, context.signal);
  }
  await record.remove(context.signal);
}

async function runAction(action: CutoverAction, context: StepContext): Promise<void> {
  const kind = kindOfAction(action);
  const artifact = await kind.up(action, context);
  assertChecks(await kind.verify(action, context, artifact));
}

/** Runs an action as the kind of step of its program. No action is of a transactional kind. */
function kindOfAction(action: CutoverAction): StepKind {
  return kindOf(action) as StepKind;
}

function lasting(context: StepContext): StepContext {
  return Object.create(context, { signal: { value: AbortSignal.timeout(UNDO_MILLISECONDS) } }) as StepContext;
}

const cutoverState = z.object({
  /** How many of the actions were begun, `freeze` before `switch`. */
  begun: z.number().int().nonnegative(),
  /** When all of them were complete and verified, UTC. */
  completedAt: z.string().optional(),
});
export type CutoverState = z.infer<typeof cutoverState>;

/**
 * Progress of a cutover: a record in the target, written before each action, so that a killed cutover can be undone.
 */
export class CutoverRecord {
  private readonly name: string;

  constructor(
    private readonly target: Place,
    transfer: string,
  ) {
    this.name = `transfers/${transfer}/cutover.json`;
  }

  async read(signal: AbortSignal): Promise<CutoverState | undefined> {
    const text = await this.target.readRecord(this.name, signal);
    return text === undefined ? undefined : cutoverState.parse(JSON.parse(text));
  }

  async write(state: CutoverState, signal: AbortSignal): Promise<void> {
    await this.target.writeRecord(this.name, JSON.stringify(state), signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.target.removeRecord(this.name, signal);
  }
}
