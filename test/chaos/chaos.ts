import { copyFileSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { FaultyProxy } from "../support/faulty-proxy";
import { startPgBouncer } from "../support/pgbouncer";
import { startPostgres } from "../support/postgres";
import { scratchDirectory, scratchRoot } from "../support/repository";
import { builtProvider } from "../support/step-configuration";
import { TOOLS } from "../support/tools";
import { FAULTS } from "./faults/index";
import { FalseClock } from "./false-clock";
import { LedgerDisk } from "./ledger-disk";
import { playRound } from "./play-round";
import { Report } from "./report";
import type { Laboratory } from "./round";

interface Options {
  readonly faults: number;
  readonly seed: number;
  readonly rounds?: number;
  readonly only?: readonly string[];
}

/** A round misses some of its faults; a suite that misses most of them is broken, and must end. */
const ROUNDS_PER_FAULT = 3;

async function run({ faults, seed, rounds, only }: Options): Promise<void> {
  if (!existsSync("/proc/self/stat")) throw new Error("the chaos suite needs Linux: it finds processes in /proc");
  if (!existsSync(builtProvider)) throw new Error("the provider is not built: npm run build");
  const directory = scratchDirectory("chaos");
  const archive = join(directory, "provider.zip");
  copyFileSync(builtProvider, archive);
  const server = await startPostgres();
  const disk = LedgerDisk.mount(join(directory, "disk"));
  const clock = FalseClock.find(join(directory, "clock"));
  const proxy = await FaultyProxy.start(server.port);
  const pooler = TOOLS.pgbouncer.available()
    ? await startPgBouncer(server, { pool_mode: "transaction", max_client_conn: 200 })
    : undefined;
  const laboratory: Laboratory = { directory, server, proxy, pooler, archive, disk, clock, only };
  const report = new Report(seed, faults, laboratory);
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    // The server ends by itself; a mounted disk would stay.
    process.once(signal, () => {
      disk?.unmount();
      process.exit(status);
    });
  }
  try {
    const most = rounds ?? faults * ROUNDS_PER_FAULT;
    for (let number = 1; number <= most && report.injected < faults; number++) {
      await playRound(laboratory, seed, number, faults - report.injected, report);
    }
  } finally {
    await pooler?.stop();
    await proxy.stop();
    await server.stop();
    disk?.unmount();
  }
  if (!report.failed) rmSync(directory, { recursive: true, force: true });
  const result = `${JSON.stringify(report.result(), undefined, 2)}\n`;
  writeFileSync(join(scratchRoot, `chaos-${seed}.json`), result);
  process.stdout.write(result);
  const tooFew = rounds === undefined && report.injected < faults;
  if (report.failed || tooFew) process.exitCode = 1;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return number;
}

function faultNames(text: string): string[] {
  const names = text.split(",");
  const unknown = names.filter((name) => !(name in FAULTS));
  if (unknown.length === 0) return names;
  throw new InvalidArgumentError(`no faults: ${unknown.join(", ")}. There are ${Object.keys(FAULTS).join(", ")}.`);
}

new Command("chaos")
  .description("Applies and undoes random steps under random faults, and counts what is lost, doubled or parallel.")
  .option("--faults <n>", "how many faults have to hit", wholeNumber, 200)
  .option("--seed <n>", "chooses steps and faults", wholeNumber, Math.floor(Date.now() / 1000) % 1_000_000)
  .option("--rounds <n>", "at most so many rounds", wholeNumber)
  .option("--only <names>", "faults to choose from, separated by commas", faultNames)
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
