import type { CheckResult } from "../../manifest/step-checks";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { comparePlaces } from "./compare-places";
import { cutover, undoCutover, verifyCutover, CutoverRecord } from "./cutover";
import { describePlace, type Places, withPlaces } from "./open-places";
import { restoreSource, retireSource, verifiedLeftovers } from "./retire-source";
import { synchronize, undoTransfer } from "./synchronize";
import { kindOf, type StepContext, type StepKind } from "../../engine/step-kind";
import { countsIn } from "../describe";
import { transferProgram, type TransferProgram } from "./program";

/**
 * Moves objects between a directory, S3 and Cloud Storage, in four phases that share a manifest. At least once: a
 * stopped phase continues with what is missing.
 *
 * It never overwrites or deletes a foreign object unless configured to replace it, and deletes nothing in the source
 * that was not verified in the target right before.
 */
export const transferKind: StepKind<TransferProgram> = {
  kind: "transfer",
  schema: transferProgram,
  effectless: false,

  preview: (program) => PREVIEWS[program.phase](program),

  undo: (program, artifact) => [
    `undo: ${UNDONE_PHASES[program.phase]} (transfer ${program.transfer})${countsIn(artifact)}`,
  ],

  loss: (program, since) => LOSSES[program.phase](since),

  async up(program, context) {
    return withPlaces(program, context, async (places) => {
      switch (program.phase) {
        case "bulk":
          return synchronize(program, places, context, true);
        case "delta":
          return synchronize(program, places, context, false);
        case "cutover":
          return cutover(program, places, context);
        case "retire":
          return retireSource(program, places, context);
      }
    });
  },

  async verify(program, context) {
    return withPlaces(program, context, async (places) => {
      switch (program.phase) {
        case "bulk":
          return verifyCopies(program, places, "manifest", context);
        case "delta":
          return verifyCopies(program, places, "source", context);
        case "cutover":
          return verifyCutover(program, places, context);
        case "retire":
          return verifyRetired(program, places, context);
      }
    });
  },

  async down(program, context) {
    await withPlaces(program, context, async (places) => {
      switch (program.phase) {
        case "bulk":
          return undoTransfer(program, places, context).catch(nothingWithoutTarget);
        case "delta":
          // The engine's bulk copy, and what the delta added to it, is undone with the bulk phase.
          return program.bulk === "engine"
            ? undefined
            : undoTransfer(program, places, context).catch(nothingWithoutTarget);
        case "cutover":
          return undoCutover(program, places, context);
        case "retire":
          return restoreSource(program, places, context);
      }
    });
  },
};

const PREVIEWS: Readonly<Record<TransferProgram["phase"], (program: TransferProgram) => string[]>> = {
  bulk: (program) => [
    `copy: all objects of ${route(program)}, while they are in use`,
    `verify: count, bytes and checksum of what was copied`,
  ],
  delta: (program) => [
    `copy: what changed since in ${route(program)}`,
    "verify: count, bytes and checksum of both places",
  ],
  cutover: (program) => [
    ...program.freeze.map((action) => `stop writers: ${describeAction(action)}`),
    `copy: the last changes of ${route(program)}`,
    "verify: count, bytes and checksum of both places, or put everything back",
    ...program.switch.map((action) => `switch: ${describeAction(action)}`),
  ],
  retire: (program) => [
    `delete: what ${describePlace(program.from)} holds and ${describePlace(program.to)} holds with the same content`,
  ],
};

const UNDONE_PHASES: Readonly<Record<TransferProgram["phase"], string>> = {
  bulk: "delete the objects that it copied and nobody changed since",
  delta: "what it copied, together with the bulk copy",
  cutover: "point the application back to the source",
  retire: "bring the deleted objects back from the target",
};

const LOSSES: Readonly<Record<TransferProgram["phase"], (since: string) => string>> = {
  bulk: (since) => `lost: nothing; copies that were changed ${since} stay`,
  delta: (since) => `lost: nothing; copies that were changed ${since} stay`,
  cutover: (since) =>
    `lost to the application: what it wrote to the target ${since}; it stays there, and is not copied back`,
  retire: () => "lost: nothing; the source gets what the target holds now",
};

function route(program: TransferProgram): string {
  const { only, except } = program;
  const scope = [...only.map((prefix) => `only ${prefix}`), ...except.map((prefix) => `except ${prefix}`)];
  return `${describePlace(program.from)} to ${describePlace(program.to)}${scope.length > 0 ? ` (${scope.join(", ")})` : ""}`;
}

function describeAction(action: TransferProgram["switch"][number]): string {
  return kindOf(action).preview(action)[0] ?? action.kind;
}

/** Once the application writes to the target, neither the source nor the manifest describes its expected content. */
async function verifyCopies(
  program: TransferProgram,
  places: Places,
  against: "source" | "manifest",
  context: StepContext,
): Promise<CheckResult[]> {
  const state = await new CutoverRecord(places.to, program.transfer).read(context.signal);
  if (state?.completedAt === undefined) return comparePlaces(program, places, against, context.signal);
  context.progress(`was cut over ${state.completedAt}, when both places were equal; the target is in use since`);
  return [];
}

async function verifyRetired(program: TransferProgram, places: Places, context: StepContext): Promise<CheckResult[]> {
  const left = await verifiedLeftovers(program, places, context.signal);
  const query = `verified objects that are left in ${places.from.location}`;
  return [{ query, expected: "none", actual: left.length === 0 ? "none" : someOf(left) }];
}

/** The copies were deleted along with the target. */
function nothingWithoutTarget(error: unknown): void {
  const gone = error instanceof EngineError && (error.code === "TargetMissing" || error.code === "SourceMissing");
  if (!gone) throw error;
}
