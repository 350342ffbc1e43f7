import { describeError } from "../describe-error";
import { homeLedger } from "../../engine/executor/home-ledger";
import type { Ledger } from "../../engine/ledgers/ledger";
import { openLedger, parseLedgerConfig, type LedgerPlace } from "../../engine/ledgers/open-ledger";
import { canonicalJson } from "../../manifest/checksum";
import type { LedgerConfig } from "../../manifest/ledger-config";
import type { StepRecord } from "../../manifest/step-record";
import { proof } from "../../provider/proof";
import type { SynthesizedSystem } from "../../promotion/plan/synthesized-steps";

/** A ledger that could not be read. */
export interface UnreadableLedger {
  readonly code: string;
  readonly message: string;
  /** Steps whose state is therefore unknown. */
  readonly steps: readonly string[];
}

/** Content of ledgers. */
export interface LedgerReading {
  /** Rows by step. */
  readonly rows: ReadonlyMap<string, StepRecord>;
  readonly unreadable: readonly UnreadableLedger[];
}

/** A ledger with the steps whose rows are stored there. */
export interface LedgerHome {
  readonly config: LedgerConfig;
  readonly steps: readonly string[];
}

/**
 * Reads the stack's ledger and those in the databases that its steps change, which store the rows of these steps. Never
 * throws: an unreadable ledger is part of the result.
 *
 * @param variables process variables of the environment, where references are resolved
 * @param others ledgers of steps that the stack no longer declares
 */
export async function readLedgers(
  system: SynthesizedSystem,
  variables: NodeJS.ProcessEnv,
  others: readonly LedgerConfig[] = [],
): Promise<LedgerReading> {
  const { homes, unreadable } = findHomes(system, others);
  const reading = await readHomes(homes, system, variables);
  return { rows: reading.rows, unreadable: [...unreadable, ...reading.unreadable] };
}

/** Reads the rows of one system in one environment from ledgers. */
async function readHomes(
  homes: readonly LedgerHome[],
  place: LedgerPlace,
  variables: NodeJS.ProcessEnv,
): Promise<LedgerReading> {
  const homeOf = new Map(homes.flatMap((home) => home.steps.map((id) => [id, home] as const)));
  const rows = new Map<string, StepRecord>();
  const unreadable: UnreadableLedger[] = [];
  await Promise.all(
    homes.map(async (home) => {
      try {
        for (const row of await listRows(home.config, place, variables)) {
          // A step that was moved to another ledger may have left a row behind.
          if (!rows.has(row.id) || homeOf.get(row.id) === home) rows.set(row.id, row);
        }
      } catch (error) {
        unreadable.push({ ...describeError(error), steps: home.steps });
      }
    }),
  );
  return { rows, unreadable };
}

/** Ledgers in databases that a stack's steps change. They are references, resolved where they are used. */
export function databaseLedgers({ steps }: SynthesizedSystem): LedgerConfig[] {
  const found = steps.flatMap(({ program, variables }) => {
    try {
      return (program && homeLedger({ program, variables })) ?? [];
    } catch {
      return [];
    }
  });
  return [...new Map(found.map((config) => [canonicalJson(config), config])).values()];
}

function findHomes(system: SynthesizedSystem, others: readonly LedgerConfig[]) {
  const homes = new Map<string, { config: LedgerConfig; steps: string[] }>();
  const home = (config: LedgerConfig) => {
    const key = canonicalJson(config);
    const known = homes.get(key) ?? { config, steps: [] };
    homes.set(key, known);
    return known;
  };
  const unreadable: UnreadableLedger[] = [];
  const attempt = (steps: readonly string[], work: () => void): void => {
    try {
      work();
    } catch (error) {
      unreadable.push({ ...describeError(error), steps });
    }
  };
  const stackLedger = () => parseLedgerConfig(system.ledger, `the ledger of ${system.stack}`);
  attempt([], () => void home(stackLedger()));
  for (const { id, program, variables } of system.steps) {
    attempt([id], () => void home((program && homeLedger({ program, variables })) ?? stackLedger()).steps.push(id));
  }
  for (const config of others) home(config);
  return { homes: [...homes.values()], unreadable };
}

async function listRows(config: LedgerConfig, place: LedgerPlace, variables: NodeJS.ProcessEnv): Promise<StepRecord[]> {
  const ledger = openLedger(config, place, variables);
  try {
    return await ledger.list();
  } finally {
    await ledger.close();
  }
}

/** The ledgers in the databases that steps change, each opened once. */
export class HomeLedgers {
  private readonly opened = new Map<string, Ledger>();

  /** @param variables process variables of the environment, where references are resolved */
  constructor(
    private readonly variables: NodeJS.ProcessEnv,
    private readonly place: LedgerPlace,
  ) {}

  /** The ledger with the row of a step. Undefined for a step that changes no database. */
  of(row: StepRecord): Ledger | undefined {
    const config = homeLedger(row);
    if (config === undefined) return undefined;
    const key = canonicalJson(config);
    const ledger = this.opened.get(key) ?? openLedger(config, this.place, this.variables);
    this.opened.set(key, ledger);
    return ledger;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((ledger) => ledger.close()));
  }
}

/**
 * What the previous environment has applied, from the perspective of the environment to be promoted: read from the
 * ledgers that its steps name as their proof, which the provider will read too, and from the previous environment's
 * own.
 *
 * Rows contain their environment, so no other environment's row can pass as proof.
 */
export async function readProof(
  from: SynthesizedSystem,
  to: SynthesizedSystem,
  variables: { readonly from: NodeJS.ProcessEnv; readonly to: NodeJS.ProcessEnv },
): Promise<LedgerReading> {
  const named = new Map(
    to.steps
      .flatMap(({ proof: json }) => (json === undefined ? [] : [proof.parse(JSON.parse(json))]))
      .filter(({ environment }) => environment === from.environment)
      .map(({ ledger }) => [canonicalJson(ledger), { config: ledger, steps: [] }]),
  );
  const place = { system: from.system, environment: from.environment, directory: to.directory };
  const proofs = await readHomes([...named.values()], place, variables.to);
  const own = await readLedgers(from, variables.from);
  return {
    rows: new Map([...own.rows, ...proofs.rows]),
    // One of the two is enough: the previous environment's own secrets are often unavailable.
    unreadable: named.size > 0 && proofs.unreadable.length === 0 ? [] : [...proofs.unreadable, ...own.unreadable],
  };
}
