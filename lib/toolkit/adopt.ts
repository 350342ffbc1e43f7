import { RefusedError, SternaError } from "../core/errors";
import type { SynthesizedSystem } from "../promotion/plan/synthesized-steps";
import { findApplied, type FoundStep } from "./ledgers/find-applied";
import { readOwnLedgers } from "./ledgers/system-status";
import { askStack } from "./stack-worker/ask-stack";
import { openStack, type StackOptions, type Toolkit } from "./toolkit";

/** Options of `adopt`. */
export interface AdoptOptions extends StackOptions {
  /**
   * Whether steps that are found are recorded in the ledger, so that no apply runs them.
   * @default false
   */
  readonly write?: boolean;

  /**
   * Whether a step is recorded even if an earlier one is missing, which the next apply then runs later.
   * @default false
   */
  readonly allowGaps?: boolean;

  /**
   * Called with the result, before anything is refused or written.
   * @default - not called
   */
  readonly onFound?: (found: FoundSteps) => void;
}

/** The result for the declared steps. */
export interface FoundSteps {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
  readonly steps: readonly FoundStep[];
}

/** The result, and whether it was recorded in the ledger. */
export interface Adoption extends FoundSteps {
  readonly written: boolean;
}

/**
 * Finds which steps of a manually migrated system are already applied. Runs no step.
 *
 * @throws RefusedError `AdoptionRefused` when it is to be recorded, but the order does not fit or a step is unknown
 * @throws SternaError `LedgerUnreachable`, `StackWorkerFailed`, what `openStack` throws
 */
export async function adopt(toolkit: Toolkit, options: AdoptOptions): Promise<Adoption> {
  const { write = false, allowGaps = false } = options;
  const { project, surroundings } = toolkit;
  const stack = await openStack(toolkit, options);
  const { rows, unreadable } = await readOwnLedgers(project, stack, surroundings.environment);
  // A database that does not exist yet has no steps either, but then there is nothing to adopt.
  if (unreadable[0] !== undefined) throw new SternaError("LedgerUnreachable", unreadable[0].message);

  const { system, environment, release } = stack;
  const found = { system, environment, release, steps: await findApplied(project, stack, rows, toolkit) };
  options.onFound?.(found);
  if (write) {
    requireOrder(stack, found.steps, allowGaps);
    await writeRows(toolkit, stack, found.steps);
  }
  return { ...found, written: write };
}

/** @throws RefusedError `AdoptionRefused` */
function requireOrder(stack: SynthesizedSystem, steps: readonly FoundStep[], allowGaps: boolean): void {
  const repair = `sterna ledger repair ${stack.system} ${stack.environment} <step> --as applied --reason …`;
  const unknown = steps.filter(({ state }) => state === "unknown");
  if (unknown.length > 0) {
    throw new RefusedError(
      "AdoptionRefused",
      `nothing was written: it could not be determined whether ${names(unknown)} ${unknown.length === 1 ? "is" : "are"} applied already, and a step that is not adopted runs. Fix what prevents the check, or record what you know: ${repair}`,
    );
  }
  const gaps = steps.filter(({ gaps }) => gaps.length > 0);
  if (gaps.length === 0 || allowGaps) return;
  throw new RefusedError(
    "AdoptionRefused",
    `nothing was written: ${names(gaps)} ${gaps.length === 1 ? "is" : "are"} there, but steps before are not (see above). Is a step there although its probe does not find it, say so: ${repair}. Is it really missing, and may it run after the others: add --allow-gaps`,
  );
}

async function writeRows(toolkit: Toolkit, stack: SynthesizedSystem, found: readonly FoundStep[]): Promise<void> {
  const there = found.filter(({ state }) => state === "there");
  const steps = there.map(({ id }) => stack.definitions.get(id)!);
  const work = { action: "adopt" as const, steps };
  const answers = await askStack(toolkit.project, stack, work, toolkit, (id) => `adopting ${id}…`);
  const failed = answers.find(({ error }) => error !== undefined);
  if (failed === undefined) return;
  const message = `step "${failed.id}" was not adopted: ${failed.error!.message}. Run the command again: it goes on.`;
  throw new SternaError(failed.error!.code as SternaError["code"], message);
}

function names(steps: readonly FoundStep[]): string {
  return steps.map(({ id }) => id).join(", ");
}
