import type { LedgerConfig } from "../../lib/manifest/ledger-config";
import { openLedger } from "../../lib/engine/ledgers/open-ledger";
import { completions, parallelRuns } from "./command-log";
import type { Round } from "./round";
import { DATABASE_URL } from "./steps";
import { Violation } from "./violation";

/** How often commands came to their end more than once: allowed, since they run at least once. */
export interface Repetitions {
  readonly up: number;
  readonly down: number;
}

/** @throws Violation when a step of a converged round is not applied exactly once, or ran twice at a time */
export async function assertApplied(round: Round): Promise<void> {
  const effects = await round.world.effects();
  for (const step of round.steps) {
    const times = step.kind === "sql" ? (effects.get(step.id) ?? 0) : Number(round.world.commandDone(step.id));
    if (times === 0) throw new Violation("lost", `step ${step.id} (${step.kind}) has no effect`);
    if (times > 1) throw new Violation("doubled", `step ${step.id} has its effect ${times} times`);
  }
  await assertNeverParallel(round);
  const { stack, database } = await ledgerRows(round);
  for (const step of round.steps) {
    const told = [stack.get(step.id), step.kind === "sql" ? database.get(step.id) : "applied"];
    if (told.some((status) => status !== "applied")) {
      throw new Violation("ledger-wrong", `the ledgers say ${told.join(" and ")} of step ${step.id} (${step.kind})`);
    }
  }
}

/** @throws Violation when a step of a rolled back round is not undone, SQL exactly once */
export async function assertUndone(round: Round): Promise<void> {
  const [effects, undone, events] = [
    await round.world.effects(),
    await round.world.undone(),
    round.world.commandEvents(),
  ];
  for (const step of round.steps) {
    const left = step.kind === "sql" ? effects.has(step.id) : round.world.commandDone(step.id);
    const times = step.kind === "sql" ? (undone.get(step.id) ?? 0) : completions(events, step.id, "DOWN");
    if (left || times === 0) throw new Violation("lost", `step ${step.id} (${step.kind}) was not undone`);
    if (step.kind === "sql" && times > 1) throw new Violation("doubled", `step ${step.id} was undone ${times} times`);
  }
  await assertNeverParallel(round);
  const { stack, database } = await ledgerRows(round);
  const left = [...stack.keys(), ...database.keys()];
  if (left.length > 0) throw new Violation("ledger-wrong", `rows are left: ${left.join(", ")}`);
}

export function repetitions(round: Round): Repetitions {
  const events = round.world.commandEvents();
  const beyondFirst = (direction: "UP" | "DOWN"): number =>
    round.steps
      .filter((step) => step.kind === "command")
      .map((step) => Math.max(0, completions(events, step.id, direction) - 1))
      .reduce((sum, more) => sum + more, 0);
  return { up: beyondFirst("UP"), down: beyondFirst("DOWN") };
}

async function assertNeverParallel(round: Round): Promise<void> {
  const commands = parallelRuns(round.world.commandEvents());
  if (commands.length > 0) throw new Violation("parallel", commands.join("\n"));
  if (await round.world.sqlRanInParallel()) throw new Violation("parallel", "an SQL step ran in two sessions at once");
}

/** The rows of the stack's ledger, which tells all, and of the database's, which has the rows of SQL steps. */
async function ledgerRows(round: Round): Promise<Record<"stack" | "database", Map<string, string>>> {
  const { config, environment } = round.ledgerSettings;
  Object.assign(process.env, environment);
  const place = { system: "shop", environment: "staging", directory: round.first.directory };
  const read = async (kind: LedgerConfig): Promise<Map<string, string>> => {
    const ledger = openLedger(kind, place);
    try {
      return new Map((await ledger.list()).map((record) => [record.id, record.status]));
    } finally {
      await ledger.close();
    }
  };
  const database = { kind: "postgres", url: { env: DATABASE_URL }, schema: "sterna" } as const;
  return { stack: await read(config), database: await read(database) };
}
