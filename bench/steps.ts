import type { LedgerConfig } from "../lib/manifest/ledger-config";
import { startPostgres } from "../test/support/postgres";
import type { StepInput } from "../test/support/step-configuration";
import { Stack, type StackCost } from "./stack";
import { ratio, table } from "./table";

const STEPS = 200;
const MEGABYTE = 1_000_000;
const FILE_LEDGER: LedgerConfig = { kind: "file", directory: "ledger" };
const DATABASE = { env: "BENCH_DATABASE_URL" };

/** Apply, plan and memory of many independent steps, beside as many `terraform_data` with a provisioner. */
export async function benchSteps(): Promise<string> {
  const postgres = await startPostgres();
  try {
    const environment = { BENCH_DATABASE_URL: postgres.url() };
    const sqlLedger: LedgerConfig = { kind: "postgres", url: DATABASE, schema: "sterna" };
    const provisioners = await provisionerStack().cost();
    const commands = await Stack.ofSteps(many(commandStep), FILE_LEDGER).cost();
    const sql = await Stack.ofSteps(many(sqlStep), sqlLedger, environment).cost();
    const one = await Stack.ofSteps([commandStep("s0")], FILE_LEDGER).cost();
    const long = await Stack.ofSteps([commandStep("s0", longScript())], FILE_LEDGER).cost();
    const starts = await Stack.ofSteps(many(commandStep, 20), FILE_LEDGER).starts();
    return [
      `${STEPS} independent steps, each relative to \`terraform_data\` with \`local-exec\` in the same run. Memory in MB.`,
      costs([
        [`terraform_data, ${STEPS}`, provisioners],
        [`commands, file ledger, ${STEPS}`, commands],
        [`SQL, PostgreSQL, ${STEPS}`, sql],
      ]),
      "One step, relative to the first row.",
      costs([
        ["a short script", one],
        ["a script of 1 MB", long],
      ]),
      "Starts of the provider: what Terraform's log asks for, and the processes that there were.",
      table(
        ["command", "asked for", "started"],
        Object.entries(starts).map(([command, { asked, started }]) => [command, asked, started]),
      ),
    ].join("\n\n");
  } finally {
    await postgres.stop();
  }
}

function costs(rows: readonly (readonly [string, StackCost])[]): string {
  const base = rows[0]![1];
  return table(
    ["", "plan", "apply", "empty plan", "Terraform", "provider", "one runner", "all at once", "runners"],
    rows.map(([name, { plan, apply, planAgain }]) => [
      name,
      ratio(plan.seconds, base.plan.seconds),
      ratio(apply.seconds, base.apply.seconds),
      ratio(planAgain.seconds, base.planAgain.seconds),
      ...Object.values({
        program: apply.memory.program,
        provider: apply.memory.provider,
        runner: apply.memory.runner,
        all: apply.memory.all,
      }),
      apply.runners,
    ]),
  );
}

function many(make: (id: string) => StepInput, count = STEPS): StepInput[] {
  return Array.from({ length: count }, (_, index) => make(`s${index}`));
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

function provisionerStack(): Stack {
  // What a step does is to run a shell twice, for the change and for the proof.
  const provisioner = (command: string): object => ({
    "local-exec": { command, interpreter: ["bash", "-euo", "pipefail", "-c"] },
  });
  const resource = { provisioner: [provisioner("true"), provisioner("test yes = yes")] };
  const resources = Object.fromEntries(Array.from({ length: STEPS }, (_, index) => [`s${index}`, resource]));
  return Stack.of({ resource: { terraform_data: resources } });
}
