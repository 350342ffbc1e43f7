import type { ClientBase } from "pg";
import type { Program, ProgramKind, ProgramOf } from "../manifest/program";
import type { Artifact, ProcessIdentity } from "../manifest/step-record";
import type { Text } from "../manifest/text";
import { EngineError } from "./engine-error";

/** What a running step may ask of its surroundings. */
export interface StepContext {
  readonly stepId: string;

  /** Aborted when the step must stop: a timeout, or Terraform was interrupted. */
  readonly signal: AbortSignal;

  /** Fetches the secrets that a program refers to. Before the program runs: `resolve` does not wait. */
  lookUp(program: object): Promise<void>;

  /**
   * The value of a text.
   * @throws EngineError `UnresolvedReference` when a variable is not set, or why a secret was not fetched
   */
  resolve(value: Text): string;

  /**
   * Writes down which process group works for the step, before that group begins. Should this process be killed, the
   * next run of the step finds the group and ends it first.
   * @throws EngineError `LedgerUnreachable`
   */
  announceProcess(leader: ProcessIdentity): Promise<void>;

  /**
   * Says how far the step is; shown by `sterna status --follow` and kept in the step's log.
   * @param percent of the work that is done, 0 to 100, when the step knows
   */
  progress(message: string, percent?: number): void;

  /** A text without the secrets of the step. For a text that will be cut: half a secret would not be found later. */
  redact(text: string): string;

  /** The values of this environment by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The outcome of one check. */
export interface CheckResult {
  readonly query: string;
  readonly expected: string;
  readonly actual: string;
}

/** How programs of one kind are run. One file per kind. */
export interface StepKind<K extends ProgramKind = ProgramKind> {
  readonly kind: K;

  /** Whether removing the step leaves nothing to undo: a check, a backup that is kept. */
  readonly effectless: boolean;

  /** Lines for the plan. They depend on the program alone, never on the ledger. */
  preview(program: ProgramOf<K>): string[];

  /** Whether the step's effect is there already. Kinds without a probe leave it out. */
  probe?(program: ProgramOf<K>, context: StepContext): Promise<boolean>;

  /** Makes the change. Must be repeatable after a crash at any point. */
  up(program: ProgramOf<K>, context: StepContext): Promise<Artifact | undefined>;

  /** Asks whether the change is there and right. Runs after `up`, and again whenever somebody asks. */
  verify(program: ProgramOf<K>, context: StepContext, artifact: Artifact | undefined): Promise<CheckResult[]>;

  /** Undoes the change, also one that was only half made. Must be repeatable. */
  down(program: ProgramOf<K>, context: StepContext, artifact: Artifact | undefined): Promise<void>;
}

/**
 * A kind whose change and ledger row share one database transaction: exactly once, whatever dies.
 * `up`, `verify`, `probe` and `down` get the connection that holds the step's lock.
 */
export interface TransactionalStepKind<K extends ProgramKind = ProgramKind> extends Omit<
  StepKind<K>,
  "probe" | "up" | "verify" | "down"
> {
  /** The database that the program changes, and that keeps the step's ledger row. */
  database(program: ProgramOf<K>): Text;

  /** Whether this program really runs in one transaction. */
  inTransaction(program: ProgramOf<K>): boolean;

  probe?(program: ProgramOf<K>, context: StepContext, client: ClientBase): Promise<boolean>;
  up(program: ProgramOf<K>, context: StepContext, client: ClientBase): Promise<Artifact | undefined>;
  verify(
    program: ProgramOf<K>,
    context: StepContext,
    client: ClientBase,
    artifact: Artifact | undefined,
  ): Promise<CheckResult[]>;
  down(program: ProgramOf<K>, context: StepContext, client: ClientBase, artifact: Artifact | undefined): Promise<void>;
}

export type AnyStepKind = StepKind | TransactionalStepKind;

export function isTransactional(kind: AnyStepKind): kind is TransactionalStepKind {
  return "database" in kind;
}

export type { Program };

/** @throws EngineError `VerificationFailed` with every check that did not give the expected answer */
export function assertChecks(results: readonly CheckResult[]): void {
  const failed = results.filter((result) => result.actual !== result.expected);
  if (failed.length === 0) return;
  const lines = failed.map((result) => `${result.query}\n  expected: ${result.expected}\n  got:      ${result.actual}`);
  throw new EngineError("VerificationFailed", `verification failed:\n${lines.join("\n")}`);
}
