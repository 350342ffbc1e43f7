import { beforeAll } from "@jest/globals";
import { mkdirSync, symlinkSync, existsSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { COMMANDS, main } from "../../lib/cli/main";
import { scratchRoot } from "../support/repository";

// A command is loaded when it is called; the first test that calls one must not pay for that with its time.
beforeAll(async () => void (await Promise.all(COMMANDS.map(({ load }) => load()))), 120_000);

/** What a run of the command line left. */
export interface CliRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output, read as JSON. */
  json<T = Record<string, unknown>>(): T;
}

/** Runs a command in this process, without a terminal and with a PATH that holds node and nothing else. */
export async function runCli(
  directory: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<CliRun> {
  const [stdout, stderr] = [collect(), collect()];
  const status = await main(args, {
    directory,
    environment: { PATH: pathWithNodeOnly(), HOME: directory, ...environment },
    stdin: new PassThrough(),
    stdout: stdout.stream,
    stderr: stderr.stream,
  });
  const run = { status, stdout: stdout.text(), stderr: stderr.text() };
  return { ...run, json: () => JSON.parse(run.stdout) };
}

function collect() {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString("utf8") };
}

function pathWithNodeOnly(): string {
  const directory = join(scratchRoot, "node-only");
  mkdirSync(directory, { recursive: true });
  try {
    if (!existsSync(join(directory, "node"))) symlinkSync(process.execPath, join(directory, "node"));
  } catch (error) {
    // Another test worker was faster.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return directory;
}
