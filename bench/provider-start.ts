import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { createCertificate } from "../lib/engine/protocol/certificate";
import { scratchDirectory } from "../test/support/repository";
import { builtProvider } from "../test/support/step-configuration";
import { processTree } from "./process-tree";
import { median, ratio, table } from "./table";

const ROUNDS = 15;
/** What Terraform puts into the environment of a provider. */
const HANDSHAKE = {
  TF_PLUGIN_MAGIC_COOKIE: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
  PLUGIN_PROTOCOL_VERSIONS: "6",
};

interface Start {
  readonly milliseconds: number;
  readonly megabytes: number;
}

/** From the process to the line that tells Terraform where to connect, beside a node that prints a line. */
export async function benchProviderStart(): Promise<string> {
  const directory = scratchDirectory("bench-provider");
  try {
    const provider = unpack(directory);
    const environment = { ...process.env, ...HANDSHAKE, PLUGIN_CLIENT_CERT: createCertificate().certificate };
    const node: Start[] = [];
    const sterna: Start[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      node.push(await firstLine([process.execPath, "-e", "console.log(1); setInterval(() => {}, 1000)"], environment));
      sterna.push(await firstLine([provider], environment));
    }
    const [bare, full] = [summarize(node), summarize(sterna)];
    return [
      `Start to first line, median of ${ROUNDS} in turns, relative to an empty node of the same run.`,
      table(
        ["", "time", "memory", "MB"],
        [
          ["node", "1.00", "1.00", Math.round(bare.megabytes)],
          [
            "provider",
            ratio(full.milliseconds, bare.milliseconds),
            ratio(full.megabytes, bare.megabytes),
            Math.round(full.megabytes),
          ],
        ],
      ),
    ].join("\n\n");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function unpack(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const files = unzipSync(readFileSync(builtProvider));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  const launcher = join(
    directory,
    Object.keys(files).find((name) => name.startsWith("terraform-provider-"))!,
  );
  chmodSync(launcher, 0o755);
  return launcher;
}

async function firstLine([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const milliseconds = performance.now() - startedAt;
  const megabytes = (processTree(child.pid!)[0]?.peakMemory ?? NaN) / 1024 ** 2;
  child.kill("SIGKILL");
  await once(child, "close");
  return { milliseconds, megabytes };
}

function summarize(starts: readonly Start[]): Start {
  return {
    milliseconds: median(starts.map(({ milliseconds }) => milliseconds)),
    megabytes: median(starts.map(({ megabytes }) => megabytes)),
  };
}
