import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot, scratchDirectory } from "../test/support/repository";
import { median, ratio, table } from "./table";

const ROUNDS = 15;
const STERNA = join(repositoryRoot, "dist/bin/sterna.js");
/** What each command prints of itself at its end: milliseconds of CPU, and the most megabytes that it used. */
const PROBE = `process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  require("node:fs").writeSync(2, "\\n" + JSON.stringify([(userCPUTime + systemCPUTime) / 1e3, maxRSS / 1024]));
});`;

interface Start {
  readonly milliseconds: number;
  readonly cpu: number;
  readonly megabytes: number;
}

/** Commands that do nothing, from start to end, beside a node that does nothing: what every command costs at least. */
export async function benchCommandStart(): Promise<string> {
  const directory = scratchDirectory("bench-command");
  try {
    const probe = join(directory, "probe.cjs");
    writeFileSync(probe, PROBE);
    const cached = { ...process.env, XDG_CACHE_HOME: directory };
    const uncached = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
    const commands = [
      { name: "node -e 0", args: ["-e", "0"], env: process.env },
      ...["--version", "--help", "plan --help"].flatMap((command) => [
        { name: `sterna ${command}`, args: [STERNA, ...command.split(" ")], env: cached },
        { name: `sterna ${command}, without the cache`, args: [STERNA, ...command.split(" ")], env: uncached },
      ]),
    ].map((command) => ({ ...command, starts: [] as Start[] }));
    for (const { args, env } of commands) start(probe, args, env);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { args, env, starts } of commands) starts.push(start(probe, args, env));
    }
    const medianOf = (starts: readonly Start[], value: keyof Start) => median(starts.map((each) => each[value]));
    const empty = commands[0]!.starts;
    return [
      `Whole process, median of ${ROUNDS} in turns, relative to an empty node of the same run.`,
      table(
        ["", "time", "CPU", "MB"],
        commands.map(({ name, starts }) => [
          name,
          ratio(medianOf(starts, "milliseconds"), medianOf(empty, "milliseconds")),
          ratio(medianOf(starts, "cpu"), medianOf(empty, "cpu")),
          Math.round(medianOf(starts, "megabytes")),
        ]),
      ),
    ].join("\n\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function start(probe: string, args: readonly string[], env: NodeJS.ProcessEnv): Start {
  const startedAt = performance.now();
  const { stderr } = spawnSync(process.execPath, ["--require", probe, ...args], { env, encoding: "utf8" });
  const milliseconds = performance.now() - startedAt;
  const [cpu, megabytes] = JSON.parse(stderr.split("\n").at(-1)!) as [number, number];
  return { milliseconds, cpu, megabytes };
}
