import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../test/support/repository";
import { median, ratio, table } from "./table";

const ROUNDS = 15;

/** `sterna --version` from start to end, beside a node that does nothing: what every command costs at least. */
export async function benchCommandStart(): Promise<string> {
  const empty: number[] = [];
  const version: number[] = [];
  const help: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    empty.push(milliseconds("-e", "0"));
    version.push(milliseconds(join(repositoryRoot, "dist/bin/sterna.js"), "--version"));
    help.push(milliseconds(join(repositoryRoot, "dist/bin/sterna.js"), "--help"));
  }
  const row = (name: string, times: readonly number[]) => [name, ratio(median(times), median(empty))];
  return [
    `Whole process, median of ${ROUNDS} in turns, relative to an empty node of the same run.`,
    table(["", "time"], [row("node -e 0", empty), row("sterna --version", version), row("sterna --help", help)]),
  ].join("\n\n");
}

function milliseconds(...args: readonly string[]): number {
  const startedAt = performance.now();
  execFileSync(process.execPath, args, { stdio: "ignore" });
  return performance.now() - startedAt;
}
