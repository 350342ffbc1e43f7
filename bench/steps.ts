import type { LedgerConfig } from "../lib/manifest/ledger-config";
import { startPostgres } from "../test/support/postgres";
import type { StepInput } from "../test/support/step-configuration";
import { Stack, type StackCost } from "./stack";
import { median, ratio, table } from "./table";

const SQL_STEPS = 200;
const COMMANDS = 60;
const ROUNDS = 3;
const MEGABYTE = 1_000_000;
const FILE_LEDGER: LedgerConfig = { kind: "file", directory: "ledger" };
const DATABASE = { env: "BENCH_DATABASE_URL" };
const SQL_LEDGER: LedgerConfig = { kind: "postgres", url: DATABASE, schema: "sterna" };

type Order = "chain" | "independent";

/** Plan, apply and memory of many steps, beside as many `terraform_data` with provisioners, in turns. */
export async function benchSteps(): Promise<string> {
  const postgres = await startPostgres();
  let databases = 0;
  // A database of its own for each round: what is applied there already would be adopted.
  const sql = async (): Promise<StackCost> => {
    const url = await postgres.createDatabase(`bench_${++databases}`);
    return Stack.ofSteps(many(sqlStep, SQL_STEPS), SQL_LEDGER, { [DATABASE.env]: url }).cost();
  };
  const commands = (order: Order) => () => Stack.ofSteps(many(commandStep, COMMANDS, order), FILE_LEDGER).cost();
  const one = (script?: string) => () => Stack.ofSteps([commandStep("s0", script)], FILE_LEDGER).cost();
  try {
    return [
      `Each relative to the row above it with \`terraform_data\`, which runs two \`local-exec\` per resource: the median of ${ROUNDS} turns. Memory in MB.`,
      await turns([
        [`terraform_data, a chain of ${COMMANDS}`, () => provisionerStack(COMMANDS, "chain").cost()],
        [`commands, a chain of ${COMMANDS}`, commands("chain")],
      ]),
      await turns([
        [`terraform_data, ${COMMANDS} independent`, () => provisionerStack(COMMANDS, "independent").cost()],
        [`commands, ${COMMANDS} independent`, commands("independent")],
      ]),
      await turns([
        [`terraform_data, ${SQL_STEPS} independent`, () => provisionerStack(SQL_STEPS, "independent").cost()],
        [`SQL in PostgreSQL, ${SQL_STEPS} independent`, sql],
      ]),
      "One step, relative to the first row.",
      await turns([
        ["a short script", one()],
        ["a script of 1 MB", one(longScript())],
      ]),
      "Starts of the provider: what Terraform's log asks for, and the processes that there were.",
      table(
        ["command", "asked for", "started"],
        Object.entries(await Stack.ofSteps(many(commandStep, 20), FILE_LEDGER).starts()).map(
          ([command, { asked, started }]) => [command, asked, started],
        ),
      ),
    ].join("\n\n");
  } finally {
    await postgres.stop();
  }
}

const RUNS = ["plan", "apply", "planAgain"] as const;

/** Measures stacks by turns. Each ratio is the median of those to the first stack in the same round. */
async function turns(stacks: readonly (readonly [string, () => Promise<StackCost>])[]): Promise<string> {
  const rounds: StackCost[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const costs: StackCost[] = [];
    for (const [, cost] of stacks) costs.push(await cost());
    rounds.push(costs);
  }
  const rows = stacks.map(([name], index) => {
    const ratios = RUNS.flatMap((run) =>
      (["seconds", "cpu"] as const).map((what) =>
        ratio(median(rounds.map((costs) => costs[index]![run][what] / costs[0]![run][what])), 1),
      ),
    );
    const memory = (["program", "provider", "runner", "all"] as const).map((whose) =>
      median(rounds.map((costs) => costs[index]!.apply.memory[whose])),
    );
    return [name, ...ratios, ...memory, median(rounds.map((costs) => costs[index]!.apply.runners))];
  });
  return table(
    [
      "",
      "plan",
      "CPU",
      "apply",
      "CPU",
      "empty plan",
      "CPU",
      "Terraform",
      "provider",
      "runner",
      "all at once",
      "runners",
    ],
    rows,
  );
}

function many(make: (id: string) => StepInput, count: number, order: Order = "independent"): StepInput[] {
  return Array.from({ length: count }, (_, index) => ({ ...make(`s${index}`), after: before(index, order) }));
}

function before(index: number, order: Order): string[] {
  return order === "chain" && index > 0 ? [`s${index - 1}`] : [];
}

function commandStep(id: string, up = "true"): StepInput {
  return {
    id,
    after: [],
    program: { kind: "command", up, down: "true", verify: [{ query: "echo yes", expected: "yes" }] },
  };
}

function sqlStep(id: string): StepInput {
  const verify = [{ query: `select count(*) from ${id}`, expected: "0" }];
  const program = {
    kind: "sql",
    database: DATABASE,
    up: `create table ${id} (n int)`,
    down: `drop table ${id}`,
    verify,
  } as const;
  return { id, after: [], program };
}

/** A script that a person would rather not read: comments, and a line that works. */
function longScript(): string {
  const comment = `# ${"x".repeat(97)}\n`;
  return `${comment.repeat(MEGABYTE / comment.length)}true\n`;
}

function provisionerStack(count: number, order: Order): Stack {
  // What a step does is to run a shell twice, for the change and for the proof.
  const provisioner = (command: string): object => ({
    "local-exec": { command, interpreter: ["bash", "-euo", "pipefail", "-c"] },
  });
  const resources = Array.from({ length: count }, (_, index) => {
    const depends_on = before(index, order).map((id) => `terraform_data.${id}`);
    return [`s${index}`, { depends_on, provisioner: [provisioner("true"), provisioner("test yes = yes")] }] as const;
  });
  return Stack.of({ resource: { terraform_data: Object.fromEntries(resources) } });
}
