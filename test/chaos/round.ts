import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ledgerConfig, type LedgerConfig } from "../../lib/manifest/ledger-config";
import type { Random } from "../fixtures/app-ef/random";
import type { FaultyProxy } from "../support/faulty-proxy";
import type { PgBouncer } from "../support/pgbouncer";
import type { PostgresServer } from "../support/postgres";
import { processesIn, quiet, type ProcessRole } from "../support/processes";
import type { FalseClock } from "./false-clock";
import type { LedgerDisk } from "./ledger-disk";
import { randomFor } from "./seeds";
import { Stack, type ApplyOptions, type Run } from "./stack";
import { DATABASE_URL, randomStep, slowCommand, type ChaosStep } from "./steps";
import { Violation } from "./violation";
import { World } from "./world";

export type Phase = "up" | "down";

/** What all rounds share. */
export interface Laboratory {
  readonly directory: string;
  readonly server: PostgresServer;
  /** The provider under test, which a build meanwhile must not replace. */
  readonly archive: string;
  /** Between the engine and the server; the suite itself looks past it. */
  readonly proxy: FaultyProxy;
  readonly pooler?: PgBouncer;
  readonly disk?: LedgerDisk;
  readonly clock?: FalseClock;
  /** Names of the faults to choose from. @default - all */
  readonly only?: readonly string[];
}

const APPLIES_TO_CONVERGE = 5;
const LEAST_PENDING = 2;
const MOST_STACKS = 3;
const LONGEST_WAIT_MILLISECONDS = 20_000;
/** A strike at a random moment, also while Terraform starts, plans or ends. */
const BLIND_PERCENT = 15;
const BLIND_MILLISECONDS = 3000;

/** When a fault strikes. */
interface Moment {
  readonly role?: ProcessRole;
  readonly commands?: number;
}

interface Apply {
  readonly run: Run;
  readonly stack: Stack;
}

/** The steps of one round, the folders they are applied from, and the world they change. */
export class Round {
  readonly directory: string;
  readonly world: World;
  readonly ledgerKind: LedgerConfig["kind"];
  readonly steps: ChaosStep[] = [];
  phase: Phase = "up";
  applies = 0;
  private readonly stacks: Stack[] = [];
  environment: Readonly<Record<string, string>> = {};
  private ledger!: LedgerConfig;

  constructor(
    readonly laboratory: Laboratory,
    readonly seed: number,
    readonly number: number,
  ) {
    this.directory = join(laboratory.directory, `round-${number}`);
    mkdirSync(this.directory);
    this.ledgerKind = (["file", "postgres"] as const)[(seed + number) % 2]!;
    this.world = new World(join(this.directory, "world"), laboratory.server, `chaos_${number}`);
  }

  async prepare(): Promise<void> {
    this.environment = { [DATABASE_URL]: this.laboratory.proxy.through(await this.world.prepare()) };
    this.ledger = ledgerConfig.parse(
      this.ledgerKind === "file"
        ? { kind: "file", directory: this.ledgerLink() }
        : { kind: "postgres", url: { env: DATABASE_URL } },
    );
    const directory = this.ledgerDirectory();
    mkdirSync(directory, { recursive: true });
    symlinkSync(directory, this.ledgerLink());
    for (let index = 0; index < MOST_STACKS; index++) {
      const folder = join(this.directory, `stack-${index}`);
      this.stacks.push(new Stack(folder, this.ledger, this.environment, this.laboratory.archive));
    }
  }

  async remove(): Promise<void> {
    await this.world.remove();
    rmSync(this.ledgerDirectory(), { recursive: true, force: true });
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The folder that everything is applied from in the end. */
  get first(): Stack {
    return this.stacks[0]!;
  }

  /** Some folders, configured as the phase wants it. */
  async some(count: number): Promise<Stack[]> {
    await this.configure(count);
    return this.stacks.slice(0, count);
  }

  get usedStacks(): Stack[] {
    return this.stacks.filter((stack) => stack.used);
  }

  get ledgerSettings(): { config: LedgerConfig; environment: Readonly<Record<string, string>> } {
    return { config: this.ledger, environment: this.environment };
  }

  /** The steps that the phase has still to apply, or to undo. */
  async pending(): Promise<ChaosStep[]> {
    const done = await this.world.done(this.steps);
    return this.phase === "up" ? this.steps.filter((step) => !done.includes(step)) : done;
  }

  /** Gives the next apply something to do. The steps depend on the seed alone, not on what happened so far. */
  async grow(): Promise<void> {
    if (this.phase === "down") return;
    while ((await this.pending()).length < LEAST_PENDING) {
      for (let added = 0; added < LEAST_PENDING; added++) {
        const index = this.steps.length + 1;
        const random = randomFor(this.seed, "step", this.number, index);
        this.steps.push(randomStep(index, this.steps, this.world.directory, random));
      }
    }
  }

  /** Adds slow commands that run side by side. */
  widen(count: number): void {
    for (let added = 0; added < count; added++) {
      const index = this.steps.length + 1;
      this.steps.push(slowCommand(index, this.world.directory, randomFor(this.seed, "step", this.number, index)));
    }
  }

  /**
   * Applies, and strikes while the apply is at work. A second apply, from another folder, takes over at once.
   *
   * @param strike tells whether it hit anything
   * @param options.count how many applies at once @default - one or two
   * @param options.role strikes once such a process exists and a step is at work @default - once a step is at work, or at any moment
   * @param options.commands how many commands are at work by then @default 1, or an SQL step
   */
  async duringApply(
    random: Random,
    strike: (run: Run, stack: Stack) => boolean | Promise<boolean>,
    options: ApplyOptions & { role?: ProcessRole; count?: number; commands?: number } = {},
  ): Promise<boolean> {
    await this.grow();
    const stacks = await this.some(options.count ?? 1 + random.below(2));
    const applies = stacks.map((stack) => ({ stack, run: this.startApply(stack, options) }));
    const victim = await this.moment(random.shuffle(applies), random, options);
    const hit = victim !== undefined && (await strike(victim.run, victim.stack));
    await Promise.all(applies.map(({ run }) => run.ended));
    return hit;
  }

  startApply(stack: Stack, options?: ApplyOptions): Run {
    this.applies++;
    return stack.startApply(options);
  }

  /** Applies again and again, as a person would. */
  async converge(stack: Stack): Promise<number> {
    for (let attempt = 1; attempt <= APPLIES_TO_CONVERGE; attempt++) {
      if ((await this.startApply(stack).ended) === 0) return attempt;
    }
    throw new Violation("not-converged", `${APPLIES_TO_CONVERGE} applies did not do it\n${stack.output()}`);
  }

  /** Waits until nothing of the round works any more. */
  async quiet(): Promise<void> {
    for (const stack of this.usedStacks) {
      await quiet(stack.directory).catch((error: Error) => {
        throw new Violation("leaked-process", error.message);
      });
    }
  }

  async configure(count = this.usedStacks.length): Promise<void> {
    for (const [index, stack] of this.stacks.entries()) {
      if (index < count || stack.used) await stack.configure(this.phase === "up" ? this.steps : []);
    }
  }

  /** Puts something else in the place of the ledger's directory, in one move. */
  pointLedgerTo(target: string): void {
    const link = `${this.ledgerLink()}.next`;
    symlinkSync(target, link);
    renameSync(link, this.ledgerLink());
  }

  ledgerDirectory(): string {
    return join(this.laboratory.disk?.directory ?? this.directory, `ledger-${this.number}`);
  }

  private ledgerLink(): string {
    return join(this.directory, "ledger");
  }

  /** @returns the apply whose moment came, if it still runs */
  private async moment(applies: readonly Apply[], random: Random, at: Moment): Promise<Apply | undefined> {
    const blind = random.below(100) < BLIND_PERCENT;
    const delay = random.below(300);
    const blindDelay = random.below(BLIND_MILLISECONDS);
    const anyEnded = Promise.race(applies.map(({ run }) => run.ended));
    if (at.role === undefined && blind) {
      await Promise.race([sleep(blindDelay), anyEnded]);
      return applies.find(({ run }) => run.running());
    }
    const victim = await this.firstAtWork(applies, at);
    if (victim === undefined) return undefined;
    await Promise.race([sleep(delay), victim.run.ended]);
    return victim.run.running() ? victim : undefined;
  }

  /** @returns the first apply that works on a step, through a process of the role */
  private async firstAtWork(applies: readonly Apply[], { role, commands }: Moment): Promise<Apply | undefined> {
    for (const end = performance.now() + LONGEST_WAIT_MILLISECONDS; performance.now() < end; await sleep(20)) {
      const running = applies.filter(({ run }) => run.running());
      if (running.length === 0) return undefined;
      const sql = (role === undefined || role === "provider") && (await this.world.sqlAtWork());
      const found = running.find(({ stack }) => {
        const processes = processesIn(stack.directory);
        const working = new Set(processes.filter((each) => each.role === "command").map(({ group }) => group)).size;
        const there = role === undefined || processes.some((each) => each.role === role);
        return there && ((sql && commands === undefined) || working >= (commands ?? 1));
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
