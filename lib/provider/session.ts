import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../core/read-json-file";
import { EngineError } from "../engine/engine-error";
import { Ledgers } from "../engine/executor/home-ledger";
import type { Ledger } from "../engine/ledgers/ledger";
import type { LedgerSnapshot } from "../engine/ledgers/ledger-snapshot";
import { parseLedgerConfig, type LedgerPlace } from "../engine/ledgers/open-ledger";
import type { LedgerConfig } from "../manifest/ledger-config";
import { UNKNOWN, type TerraformObject } from "../engine/protocol/dynamic-value";
import { STACK_MANIFEST_FILE, stackManifest } from "../manifest/stack-manifest";

/** What the code of a stack says about the steps that are applied. */
export interface DeclaredHistory {
  /** The pinned release. */
  readonly release: string;

  /** Ids of steps that may leave a release that stays. */
  readonly removed: readonly string[];

  /** Ids of steps that may run after steps that come later. */
  readonly outOfOrder: readonly string[];
}

/** A function, so that starting the provider need not build the schema. */
const declaredHistory = () => stackManifest.pick({ release: true, history: true });

/** What the provider was configured with, and the ledgers that are open. */
export class ProviderSession {
  /** True while the configuration depends on something that the same apply creates. */
  readonly unknown: boolean;
  private readonly ledgersBySystem = new Map<string, Ledgers>();
  private readonly provingLedgers = new Map<string, Ledgers>();
  private changed = false;
  private declared?: DeclaredHistory | null;

  constructor(
    private readonly config: TerraformObject,
    private readonly processEnvironment: NodeJS.ProcessEnv = process.env,
  ) {
    this.unknown = config.ledger === UNKNOWN || config.environment === UNKNOWN;
  }

  /** @throws EngineError `LedgerNotConfigured` */
  get environment(): string {
    const name = this.config.environment ?? this.processEnvironment.STERNA_ENVIRONMENT;
    if (typeof name === "string" && name !== "") return name;
    throw new EngineError(
      "LedgerNotConfigured",
      'no environment: set the argument "environment" of provider "sterna", or the variable STERNA_ENVIRONMENT, to its name, for example "staging".',
    );
  }

  /** @throws EngineError `LedgerNotConfigured` */
  ledgerConfig(): LedgerConfig {
    const configured = this.config.ledger;
    if (typeof configured === "string")
      return parseLedgerConfig(configured, 'the argument "ledger" of provider "sterna"');
    return parseLedgerConfig(this.processEnvironment.STERNA_LEDGER, "the environment variable STERNA_LEDGER");
  }

  /**
   * What `sterna.json` beside the configuration says; nothing where constructs did not write one.
   *
   * @throws SternaError `FileUnreadable`, `FileNotJson`, `SynthesisUnreadable`
   */
  get history(): DeclaredHistory | undefined {
    return (this.declared === undefined ? (this.declared = readHistory()) : this.declared) ?? undefined;
  }

  ledgers(system: string): Ledgers {
    const known = this.ledgersBySystem.get(system) ?? new Ledgers(() => this.ledgerConfig(), this.place(system));
    this.ledgersBySystem.set(system, known);
    return known;
  }

  /** The ledgers of the environment that has to apply the steps of a system first. */
  proving(system: string, environment: string, ledger: LedgerConfig): Ledgers {
    const key = JSON.stringify([system, environment, ledger]);
    const known = this.provingLedgers.get(key) ?? new Ledgers(() => ledger, { ...this.place(system), environment });
    this.provingLedgers.set(key, known);
    return known;
  }

  /** Notes that a step is applied or removed, so that what was read before may be out of date. */
  noteChange(): void {
    this.changed = true;
  }

  /** The rows of a ledger: those listed for the plan, until a step is applied or removed. */
  rows(ledgers: Ledgers, ledger: Ledger): Pick<LedgerSnapshot, "get" | "list"> {
    return this.changed ? ledger : ledgers.snapshot(ledger);
  }

  place(system: string): LedgerPlace {
    return { system, environment: this.environment, directory: process.cwd() };
  }

  async close(): Promise<void> {
    const all = [...this.ledgersBySystem.values(), ...this.provingLedgers.values()];
    await Promise.all(all.map((ledgers) => ledgers.close()));
  }
}

function readHistory(): DeclaredHistory | null {
  const file = join(process.cwd(), STACK_MANIFEST_FILE);
  if (!existsSync(file)) return null;
  const { release, history } = readJsonFile(file, declaredHistory(), "SynthesisUnreadable");
  return { release, removed: [], outOfOrder: [], ...history };
}
