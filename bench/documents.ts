import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { startPostgres } from "../test/support/postgres";
import { repositoryRoot, scratchDirectory } from "../test/support/repository";
import { compileScript } from "./compile-script";
import { measuredRun } from "./measured-run";
import { median, ratio, table } from "./table";

const DOCUMENTS = 20_000;
const ROUNDS = 5;

/** `DocumentsStep` with its verification, beside a Python script that validates the documents and copies them. */
export async function benchDocuments(): Promise<string> {
  const scratch = scratchDirectory("bench-documents");
  const postgres = await startPostgres();
  try {
    const directory = join(scratch, "documents");
    writeDocuments(directory);
    const url = postgres.url();
    const step = [process.execPath, await compileScript("bench/documents/import.ts", scratch), directory, url] as const;
    const copy = ["python3", join(repositoryRoot, "bench/documents/copy.py"), directory, url] as const;
    const runs = { copy: [] as number[], step: [] as number[] };
    const memory = { copy: 0, step: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, command] of Object.entries({ copy, step }) as [keyof typeof runs, typeof copy][]) {
        await emptyTable(url);
        const run = await measuredRun(command, { cwd: scratch, env: process.env });
        runs[name].push(run.seconds);
        memory[name] = Math.max(memory[name], run.memory.program);
      }
    }
    const row = (title: string, name: keyof typeof runs) => [
      ...[title, ratio(median(runs[name]), median(runs.copy)), memory[name]],
    ];
    return [
      `${DOCUMENTS} JSON documents into PostgreSQL, median of ${ROUNDS} in turns. The step also verifies what it wrote.`,
      table(["", "time", "MB"], [row("python, COPY, not verified", "copy"), row("DocumentsStep", "step")]),
    ].join("\n\n");
  } finally {
    await postgres.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeDocuments(directory: string): void {
  for (let index = 0; index < DOCUMENTS; index++) {
    const folder = join(directory, String(index % 100));
    if (index < 100) mkdirSync(folder, { recursive: true });
    const tasks = Array.from({ length: index % 40 }, (_, task) => ({
      task,
      title: `Task ${task}`,
      done: task % 2 === 0,
    }));
    writeFileSync(join(folder, `${index}.json`), JSON.stringify({ id: `project-${index}`, tasks }, undefined, 2));
  }
}

async function emptyTable(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`drop table if exists documents; create table documents
    (key text primary key, document json not null, sha256 text not null, path text not null, imported_by text not null)`);
  await client.end();
}
