import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createCertificate } from "../lib/engine/protocol/certificate";
import { scratchDirectory } from "../test/support/repository";
import { unpackProvider } from "../test/support/step-configuration";
import { cpuSeconds, processTree } from "./process-tree";
import { median, ratio, table } from "./table";

const ROUNDS = 15;
/** What Terraform puts into the environment of a provider. */
const HANDSHAKE = {
  TF_PLUGIN_MAGIC_COOKIE: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
  PLUGIN_PROTOCOL_VERSIONS: "6",
};

interface Start {
  readonly milliseconds: number;
  readonly cpu: number;
  readonly megabytes: number;
}

/** From the process to the line that tells Terraform where to connect, beside a node that prints a line. */
export async function benchProviderStart(): Promise<string> {
  const directory = scratchDirectory("bench-provider");
  try {
    const provider = unpackProvider(join(directory, "provider"));
    const environment = { ...process.env, ...HANDSHAKE, PLUGIN_CLIENT_CERT: createCertificate().certificate };
    const cached = { ...environment, XDG_CACHE_HOME: directory };
    const uncached = { ...environment, NODE_DISABLE_COMPILE_CACHE: "1" };
    const node = [process.execPath, "-e", "console.log(1); setInterval(() => {}, 1000)"] as const;
    const programs = [
      { name: "node", command: node, env: environment, starts: [] as Start[] },
      { name: "provider", command: [provider] as const, env: cached, starts: [] as Start[] },
      { name: "provider, without the cache", command: [provider] as const, env: uncached, starts: [] as Start[] },
    ];
    await fillCache(provider, cached);
    for (let round = 0; round < ROUNDS; round++) {
      for (const { command, env, starts } of programs) starts.push(await firstLine(command, env));
    }
    const medianOf = (starts: readonly Start[], value: keyof Start) => median(starts.map((each) => each[value]));
    const bare = programs[0]!.starts;
    return [
      `Start to first line, median of ${ROUNDS} in turns, relative to an empty node of the same run.`,
      table(
        ["", "time", "CPU", "memory", "MB"],
        programs.map(({ name, starts }) => [
          name,
          ...(["milliseconds", "cpu", "megabytes"] as const).map((value) =>
            ratio(medianOf(starts, value), medianOf(bare, value)),
          ),
          Math.round(medianOf(starts, "megabytes")),
        ]),
      ),
    ].join("\n\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A provider writes its cache when it ends, which it does when nobody reads what it prints. */
async function fillCache(provider: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(provider, { env, stdio: ["ignore", "pipe", "ignore"] });
  child.stdout.destroy();
  await once(child, "close");
}

async function firstLine([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const milliseconds = performance.now() - startedAt;
  const cpu = cpuSeconds(child.pid!);
  const megabytes = (processTree(child.pid!)[0]?.peakMemory ?? NaN) / 1024 ** 2;
  child.kill("SIGKILL");
  await once(child, "close");
  return { milliseconds, cpu, megabytes };
}
