import type { Repetitions } from "./invariants";
import { FAULTS } from "./faults/index";
import type { Laboratory, Round } from "./round";
import type { BrokenPromise, Violation } from "./violation";

/** Counts what happened, and says it while it happens. */
export class Report {
  injected = 0;
  private readonly started = performance.now();
  private readonly faults: Record<string, { injected: number; missed: number }> = {};
  private readonly steps = { sql: 0, command: 0 };
  private readonly ledgers = { file: 0, postgres: 0 };
  private readonly convergence: number[] = [];
  private readonly violations: { round: string; promise: BrokenPromise; message: string }[] = [];
  private readonly repeated = { up: 0, down: 0 };
  private readonly history: string[] = [];
  private rounds = 0;
  private applies = 0;

  constructor(
    private readonly seed: number,
    private readonly requested: number,
    private readonly laboratory: Laboratory,
  ) {}

  get failed(): boolean {
    return this.violations.length > 0;
  }

  strikes(round: Round, name: string): void {
    this.say(
      `${this.injected}/${this.requested} faults · round ${this.rounds + 1} (${round.ledgerKind}) · ${round.phase} · ${name}`,
    );
  }

  struck(round: Round, name: string, hit: boolean): void {
    const counted = (this.faults[name] ??= { injected: 0, missed: 0 });
    counted[hit ? "injected" : "missed"]++;
    if (hit) this.injected++;
    this.history.push(`${round.directory.split("/").at(-1)} ${round.phase} ${name} ${hit ? "hit" : "missed"}`);
  }

  converged(applies: number): void {
    this.convergence.push(applies);
  }

  finishRound(round: Round, repetitions: Repetitions): void {
    this.rounds++;
    this.applies += round.applies;
    this.ledgers[round.ledgerKind as "file" | "postgres"]++;
    for (const step of round.steps) this.steps[step.kind]++;
    this.repeated.up += repetitions.up;
    this.repeated.down += repetitions.down;
  }

  violate(round: Round, violation: Violation): void {
    this.violations.push({ round: round.directory, promise: violation.promise, message: violation.message });
    process.stderr.write(`\nBROKEN: ${violation.promise} in ${round.directory}\n${violation.message}\n`);
    const name = round.directory.split("/").at(-1)!;
    process.stderr.write(`${this.history.filter((line) => line.startsWith(`${name} `)).join("\n")}\n`);
  }

  result() {
    const broken = (promise: BrokenPromise): number =>
      this.violations.filter((violation) => violation.promise === promise).length;
    const skipped = Object.entries(FAULTS).flatMap(([name, fault]) => {
      const reason = fault.missing?.(this.laboratory);
      return reason === undefined ? [] : [{ fault: name, reason }];
    });
    return {
      seed: this.seed,
      faults: { requested: this.requested, injected: this.injected, byName: this.faults, skipped },
      rounds: this.rounds,
      ledgers: this.ledgers,
      steps: this.steps,
      applies: this.applies,
      lost: broken("lost"),
      doubled: broken("doubled"),
      parallel: broken("parallel"),
      otherViolations: this.violations.length - broken("lost") - broken("doubled") - broken("parallel"),
      violations: this.violations,
      appliesToConverge: {
        most: Math.max(0, ...this.convergence),
        mean: Number((this.convergence.reduce((sum, n) => sum + n, 0) / (this.convergence.length || 1)).toFixed(2)),
      },
      commandsRepeated: this.repeated,
      seconds: Math.round((performance.now() - this.started) / 1000),
    };
  }

  private say(line: string): void {
    const seconds = Math.round((performance.now() - this.started) / 1000);
    const text = `chaos seed ${this.seed} · ${seconds} s · ${line}`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  }
}
