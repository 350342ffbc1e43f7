import type { CheckResult } from "../manifest/step-checks";
import type { ClientBase } from "pg";
import type { z } from "zod";
import type { Program } from "../manifest/program";
import { registerProgram } from "../manifest/program-schemas";
import type { Artifact, ProcessIdentity, StepDefinition } from "../manifest/step-record";
import type { Text } from "../manifest/text";
import { EngineError } from "./engine-error";

/** What a running step may ask of its surroundings. */
export interface StepContext {
  readonly stepId: string;

  /** The system and the environment of the step. */
  readonly definition: Pick<StepDefinition, "system" | "environment">;

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

/** What another tool's table says of a change. */
export interface HistoryAnswer {
  readonly state: "there" | "absent" | "unknown";

  /** Why the state is `absent` or `unknown`. */
  readonly reason?: string;
}

/** What the engine knows of one kind of step: its programs, what people read about them, and how they are run. */
export interface StepKind<P extends Program = Program, Context extends StepContext = StepContext> {
  readonly kind: P["kind"];

  /** The schema of its programs. */
  readonly schema: z.ZodType<P>;

  /** Whether removing the step leaves nothing to undo: a check, a backup that is kept. */
  readonly effectless: boolean;

  /** The same, where it depends on the program. Other kinds leave it out. */
  isEffectless?(program: P): boolean;

  /** Lines for the plan. They depend on the program alone, never on the ledger. */
  preview(program: P): string[];

  /** What undoing a program does, in lines for people. Says names, never values. */
  undo(program: P, artifact: Artifact | undefined): string[];

  /**
   * What of the data that was written since the step was applied is lost when it is undone, in one sentence.
   *
   * @param since when that was, as part of a sentence: `since 2027-01-31T12:00:00.000Z`
   * @returns nothing for a step that changes nothing, so that undoing it loses nothing
   */
  loss(program: P, since: string): string | undefined;

  /** Whether the step's effect is there already. Kinds without a probe leave it out. */
  probe?(program: P, context: Context): Promise<boolean>;

  /**
   * Whether the tool that made such changes before notes this one as made; nothing where the program names no tool. Asked
   * by `sterna adopt` alone.
   */
  history?(program: P, context: Context): Promise<HistoryAnswer | undefined>;

  /** Makes the change. Must be repeatable after a crash at any point. */
  up(program: P, context: Context): Promise<Artifact | undefined>;

  /** Checks that the change is in effect. Runs after `up`, and again on `sterna verify`. */
  verify(program: P, context: Context, artifact: Artifact | undefined): Promise<CheckResult[]>;

  /** Undoes the change, also one that was only half made. Must be repeatable. */
  down(program: P, context: Context, artifact: Artifact | undefined): Promise<void>;
}

/** What a step that changes a database may ask of its surroundings. */
export interface DatabaseContext extends StepContext {
  /** The connection that holds the step's lock. */
  readonly client: ClientBase;
}

/** A kind whose change and ledger row share one database transaction: exactly once, whatever dies. */
export interface TransactionalStepKind<P extends Program = Program> extends StepKind<P, DatabaseContext> {
  /** The database that the program changes, and that keeps the step's ledger row. */
  database(program: P): Text;

  /** Whether this program really runs in one transaction. */
  inTransaction(program: P): boolean;
}

export type AnyStepKind = StepKind | TransactionalStepKind;

export function isTransactional(kind: AnyStepKind): kind is TransactionalStepKind {
  return "database" in kind;
}

const registered = new Map<string, () => AnyStepKind>();

/**
 * Makes kinds of steps known. Each program that runs or reads steps calls it once, before anything else: the engine itself
 * knows no kind.
 */
export function registerKinds(kinds: Readonly<Record<string, () => AnyStepKind>>): void {
  for (const [name, kind] of Object.entries(kinds)) {
    registered.set(name, kind);
    registerProgram(name, () => kind().schema);
  }
}

/** The kind that runs a program. */
export function kindOf({ kind: name }: Pick<Program, "kind">): AnyStepKind {
  const kind = registered.get(name);
  if (kind === undefined) throw new Error(`no kind of step is registered under the name "${name}"`);
  return kind();
}

/** Whether removing a step with this program leaves nothing to undo. */
export function isEffectless(program: Program): boolean {
  const kind = kindOf(program);
  return kind.isEffectless?.(program) ?? kind.effectless;
}

/** @throws EngineError `VerificationFailed` with every check that did not give the expected answer */
export function assertChecks(results: readonly CheckResult[]): void {
  const failed = results.filter((result) => result.actual !== result.expected);
  if (failed.length === 0) return;
  const lines = failed.map((result) => `${result.query}\n  expected: ${result.expected}\n  got:      ${result.actual}`);
  throw new EngineError("VerificationFailed", `verification failed:\n${lines.join("\n")}`);
}
