import { homeLedger } from "../../engine/executor/home-ledger";
import type { LedgerConfig } from "../../engine/ledgers/ledger-config";
import { openLedger, parseLedgerConfig } from "../../engine/ledgers/open-ledger";
import type { StepRecord } from "../../engine/step-record";
import type { SynthesizedSystem } from "../project/stacks";
import { describeError } from "../report-error";

/** A ledger that could not be read. */
export interface UnreadableLedger {
  readonly code: string;
  readonly message: string;
  /** Steps whose state is unknown for it. */
  readonly steps: readonly string[];
}

/** What the ledgers of a stack say. */
export interface LedgerReading {
  /** Rows by step. */
  readonly rows: ReadonlyMap<string, StepRecord>;
  readonly unreadable: readonly UnreadableLedger[];
}

/** A ledger with the steps that keep their row there. */
interface Home {
  readonly config: () => LedgerConfig;
  readonly steps: string[];
}

/**
 * Reads the stack's ledger and those in the databases that its steps change: such a step keeps its row where its change
 * is. Never throws: a ledger that cannot be read is part of the answer.
 *
 * @param others ledgers of steps that the stack does not declare any more
 */
export async function readLedgers(
  system: SynthesizedSystem,
  others: readonly LedgerConfig[] = [],
): Promise<LedgerReading> {
  const { homes, unreadable } = findHomes(system, others);
  const homeOf = new Map(homes.flatMap((home) => home.steps.map((id) => [id, home] as const)));
  const rows = new Map<string, StepRecord>();
  await Promise.all(
    homes.map(async (home) => {
      try {
        for (const row of await listRows(home.config(), system)) {
          // A step that moved from one ledger to another may have left a row behind.
          if (!rows.has(row.id) || homeOf.get(row.id) === home) rows.set(row.id, row);
        }
      } catch (error) {
        unreadable.push({ ...describeError(error), steps: home.steps });
      }
    }),
  );
  return { rows, unreadable };
}

/** Ledgers in databases that a stack's steps change. They are references; the values are looked up where they are used. */
export function databaseLedgers({ steps }: SynthesizedSystem): LedgerConfig[] {
  const found = steps.flatMap(({ program, variables }) => {
    try {
      return (program && homeLedger(program, variables)) ?? [];
    } catch {
      return [];
    }
  });
  return [...new Map(found.map((config) => [JSON.stringify(config), config])).values()];
}

function findHomes(system: SynthesizedSystem, others: readonly LedgerConfig[]) {
  const stackHome: Home = { config: () => parseLedgerConfig(system.ledger, `the ledger of ${system.stack}`), steps: [] };
  const databases = new Map<string, Home>();
  const home = (config: LedgerConfig): Home => {
    const key = JSON.stringify(config);
    const known = databases.get(key) ?? { config: () => config, steps: [] };
    databases.set(key, known);
    return known;
  };
  const unreadable: UnreadableLedger[] = [];
  for (const { id, program, variables } of system.steps) {
    try {
      const config = program && homeLedger(program, variables);
      (config === undefined ? stackHome : home(config)).steps.push(id);
    } catch (error) {
      unreadable.push({ ...describeError(error), steps: [id] });
    }
  }
  for (const config of others) home(config);
  return { homes: [stackHome, ...databases.values()], unreadable };
}

async function listRows(config: LedgerConfig, system: SynthesizedSystem): Promise<StepRecord[]> {
  const ledger = openLedger(config, system);
  try {
    return await ledger.list();
  } finally {
    await ledger.close();
  }
}
