import type { Progress, StepDefinition, StepRecord, ProcessIdentity } from "../../manifest/step-record";
import type { Text } from "../../manifest/text";
import { explainDatabaseError } from "../database-error";
import { EngineError } from "../engine-error";
import type { Ledger, LedgerSession } from "../ledgers/ledger";
import { thisProcess } from "../processes/process-identity";
import { LookedUpTexts } from "../secrets/look-up-text";
import { Redactor } from "../secrets/redactor";
import { SecretFetcher } from "../secrets/secret-fetcher";
import type { StepContext } from "../step-kind";
import { StepLog } from "./step-log";

/** A timer that is set for longer fires at once. Source: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;
/** Characters of a message of progress. */
const LONGEST_MESSAGE = 2000;

export interface StepRunOptions {
  /** Aborted when Terraform is interrupted. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (message: string) => void;
  /**
   * Directory of the steps' logs.
   * @default - no log
   */
  readonly logs?: string;
  /** The ledger of the stack, when the row of the step is kept elsewhere: it gets a receipt. */
  readonly receipts?: Ledger;
  /**
   * Names the process that lives as long as this run.
   * @default - this process
   */
  readonly runner?: () => ProcessIdentity;
}

/** One run of a step: resolves its texts, watches its time, and keeps secrets out of its messages. */
export class StepRun implements StepContext {
  readonly stepId: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  private readonly redactor = new Redactor(process.env);
  private readonly texts: LookedUpTexts;
  private readonly timer = new AbortController();
  private readonly lockLost = new AbortController();
  private readonly interruption = new AbortController();
  private begun = false;
  private timeout?: NodeJS.Timeout;
  private readonly log?: StepLog;
  private failure?: EngineError;
  private recordCommand?: (command: ProcessIdentity) => Promise<void>;
  private recordProgress?: (progress: Progress) => Promise<void>;
  private recorder?: ProgressRecorder;

  constructor(
    readonly definition: StepDefinition,
    private readonly options: StepRunOptions = {},
  ) {
    this.stepId = definition.id;
    this.variables = definition.variables;
    if (options.logs !== undefined) this.log = new StepLog(options.logs, definition.id);
    if (options.signal?.aborted) this.interruption.abort();
    options.signal?.addEventListener("abort", this.interrupt);
    this.signal = AbortSignal.any([this.timer.signal, this.lockLost.signal, this.interruption.signal]);
    this.texts = new LookedUpTexts(`step "${this.stepId}"`, new SecretFetcher(process.env, this.signal));
  }

  /** A step that has begun may be allowed to come to its end, unless others take it for ended. */
  private readonly interrupt = (): void => {
    const reason: unknown = this.options.signal?.reason;
    if (reason instanceof EngineError) return this.lockLost.abort(reason);
    if (!this.begun || this.definition.onStop === "stop") return this.interruption.abort();
    this.progress("Terraform was interrupted; the step comes to its end first, as its on_stop says");
  };

  /** Starts the clock of the step's timeout: waiting for a lock does not count. Ends with the lock. */
  start(session?: Pick<LedgerSession, "lost">): void {
    const lost = session?.lost;
    const stopForLock = () => this.lockLost.abort(lost?.reason);
    // A busy machine may lose the lock before the step gets its turn.
    if (lost?.aborted) stopForLock();
    else lost?.addEventListener("abort", stopForLock);
    this.begun = true;
    this.log?.write("begins");
    const seconds = this.definition.timeout;
    if (seconds === undefined) return;
    const milliseconds = Math.min(seconds * 1000, LONGEST_TIMER_MILLISECONDS);
    this.timeout = setTimeout(() => this.timer.abort(), milliseconds);
  }

  stop(): void {
    clearTimeout(this.timeout);
    this.options.signal?.removeEventListener("abort", this.interrupt);
    this.log?.write(this.failure === undefined ? "ends" : `stops: ${this.failure.message}`);
    this.log?.close();
  }

  async lookUp(program: object): Promise<void> {
    await this.texts.lookUp(program, this.variables);
  }

  resolve(value: Text): string {
    const resolved = this.texts.valueOf(value, this.variables);
    // What was fetched is masked already.
    if (typeof value !== "string" && "env" in value) this.redactor.learn(resolved);
    return resolved;
  }

  /** Puts a row that names who works on the step: this process now, and each command once it is announced. */
  async putWithWorker(row: StepRecord, session: LedgerSession): Promise<void> {
    await this.settle();
    const runner = this.options.runner?.() ?? thisProcess();
    let current: StepRecord = row;
    let turn: Promise<void> = Promise.resolve();
    // One after the other: a ledger's session takes one write at a time.
    const put = (change: Partial<StepRecord>): Promise<void> => {
      current = { ...current, ...change };
      const next = current;
      const written = turn.then(() => session.put(next));
      turn = written.catch(() => undefined);
      return written;
    };
    this.recordCommand = (command) => put({ worker: { runner, command } });
    this.recordProgress = (progress) => put({ progress });
    await put({ worker: { runner } });
  }

  /** Notes from now on beside the row, or in it, how far the step is. */
  follow(row: StepRecord, session: LedgerSession): void {
    const write = session.noteProgress?.bind(session, row) ?? this.recordProgress;
    if (write !== undefined) this.recorder = new ProgressRecorder(write);
  }

  /** Ends the notes of progress. Before the row that ends the work: nothing may follow it. */
  async settle(): Promise<void> {
    await this.recorder?.end();
  }

  /** Before `putWithWorker` there is nothing to write to: a probe changes nothing. */
  async announceProcess(leader: ProcessIdentity): Promise<void> {
    await this.recordCommand?.(leader);
  }

  progress(message: string, percent?: number): void {
    const said = this.redact(message).slice(0, LONGEST_MESSAGE);
    this.log?.write(said);
    this.recorder?.note(said, percent);
    this.options.onProgress?.(said);
  }

  redact(text: string): string {
    return this.redactor.redact(text);
  }

  /** The same context for a program that was recorded with other variables. */
  withVariables(variables: Readonly<Record<string, string>>): StepContext {
    return Object.create(this, { variables: { value: variables } }) as StepContext;
  }

  /** Why the step stopped, without secrets. An aborted step says so, whatever error the abort caused inside it. */
  explain(error: unknown): EngineError {
    return (this.failure = this.reasonOf(error));
  }

  private reasonOf(error: unknown): EngineError {
    if (this.lockLost.signal.reason instanceof EngineError) return this.lockLost.signal.reason;
    if (this.timer.signal.aborted) {
      return new EngineError("StepTimedOut", `stopped after its timeout of ${this.definition.timeout} seconds`);
    }
    if (this.signal.aborted) return new EngineError("StepInterrupted", "stopped because Terraform was interrupted");
    const explained = explainDatabaseError(error);
    const message = explained instanceof Error ? explained.message : String(explained);
    const { code, recorded } =
      explained instanceof EngineError ? explained : { code: "StepFailed" as const, recorded: message };
    return new EngineError(code, this.redact(message), { cause: error, recorded: this.redact(recorded) });
  }
}

/** Shortest interval between two notes in the ledger. */
const INTERVAL_MILLISECONDS = 2_000;
/** Longest interval between two notes while the step runs. */
const HEARTBEAT_MILLISECONDS = 10_000;

/**
 * Notes in the ledger how far a step is. A step that is done within two seconds costs no write at all, and no failure of
 * a note is a failure of the step.
 */
export class ProgressRecorder {
  private readonly timer: NodeJS.Timeout;
  private latest: Omit<Progress, "at"> = { message: "began" };
  private changed = true;
  private writtenAt = -Infinity;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: (progress: Progress) => Promise<void>) {
    this.timer = setInterval(() => this.tick(), INTERVAL_MILLISECONDS).unref();
  }

  /** @param percent of the work that is done, 0 to 100, when the step knows */
  note(message: string, percent?: number): void {
    this.latest = percent === undefined ? { message } : { message, percent };
    this.changed = true;
  }

  /** Ends the notes: afterwards none is under way, so that nothing follows the step's last row. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.writing;
  }

  private tick(): void {
    // The clock of the machine may jump; this one does not.
    const now = performance.now();
    if (this.writing !== undefined || (!this.changed && now - this.writtenAt < HEARTBEAT_MILLISECONDS)) return;
    this.changed = false;
    this.writtenAt = now;
    this.writing = this.write({ ...this.latest, at: new Date().toISOString() })
      .catch(() => undefined)
      .finally(() => (this.writing = undefined));
  }
}
