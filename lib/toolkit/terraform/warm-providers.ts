import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "../../core/errors";
import { attachableProviders, type InstalledProvider, verifyProvider } from "./installed-providers";

/** Terraform starts a provider with this cookie, so that users do not run one by accident. */
const COOKIE = { TF_PLUGIN_MAGIC_COOKIE: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2" };
const START_MILLISECONDS = 15_000;
const STOP_MILLISECONDS = 3_000;
/**
 * `sockaddr_un.sun_path` has 104 bytes on macOS. Below the parent come `/sterna-provider-XXXXXX`, with 23 bytes, and
 * `/sterna-socket-<pid>-XXXXXX/s`, with 31.
 */
const LONGEST_PARENT = 49;

/**
 * Runs a provider until the other end of its standard input is closed, which also happens when the command line dies.
 * Then ends everything in its process group, and removes the folder of the socket. Its arguments are never evaluated.
 */
const GUARD = `
folder=$1
shift
"$@" </dev/null &
exec >/dev/null
cat
trap '' TERM
kill -TERM 0
wait
rm -rf "$folder"
`;

/**
 * Providers that run as long as one command only reads, and that Terraform is told to use: it would start each of them
 * four times for a plan and its JSON (TF_REATTACH_PROVIDERS; go-plugin, "Reattach").
 *
 * An apply never uses them: there, Terraform starts, checks and ends its providers itself.
 */
export class WarmProviders {
  private constructor(private readonly running: readonly RunningProvider[]) {}

  /**
   * Starts the providers of an initialized stack, after checking their files.
   *
   * @param directory folder of the stack
   * @param environment process variables of Terraform
   * @returns nothing if none can be attached; Terraform then starts them as usual
   * @throws SternaError `ProviderChanged`
   */
  static async start(directory: string, environment: NodeJS.ProcessEnv): Promise<WarmProviders | undefined> {
    if (!mayAttach(environment)) return undefined;
    const data = resolve(directory, environment.TF_DATA_DIR || ".terraform");
    const found = attachableProviders(directory, data);
    const starts = found.map(async (provider) => {
      await verifyProvider(provider, environment);
      return RunningProvider.start(provider, directory, environment);
    });
    const settled = await Promise.allSettled(starts);
    const running = settled.flatMap((each) => (each.status === "fulfilled" && each.value ? [each.value] : []));
    const warm = new WarmProviders(running);
    const failures = settled.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
    if (failures.length === 0 && running.length > 0) return warm;
    await warm.stop();
    const changed = failures.find((failure) => failure instanceof SternaError);
    if (changed !== undefined) throw changed;
    return undefined;
  }

  /** Process variables that make Terraform use them. */
  get variables(): NodeJS.ProcessEnv {
    const attached = this.running.map(({ address, reattach }) => [address, reattach]);
    return { TF_REATTACH_PROVIDERS: JSON.stringify(Object.fromEntries(attached)) };
  }

  /** Whether one of them ended, so that a failure of Terraform may be due to that. */
  get ended(): boolean {
    return this.running.some((each) => each.ended);
  }

  /** Ends them, and removes their sockets. */
  async stop(): Promise<void> {
    await Promise.all(this.running.map((each) => each.stop()));
  }
}

/** Whether anything else decides which provider runs, or shows its log. */
function mayAttach(environment: NodeJS.ProcessEnv): boolean {
  // TCP, the only choice on Windows, would let every user of the machine call the provider.
  if (process.platform === "win32" || environment.STERNA_WARM_PROVIDERS === "0") return false;
  const names = ["TF_REATTACH_PROVIDERS", "TF_LOG", "TF_LOG_PROVIDER"];
  if (names.some((name) => environment[name])) return false;
  return !configurationFiles(environment).some((file) => readIfPossible(file).includes("dev_overrides"));
}

/** Where Terraform and OpenTofu read the configuration of their command line (internal/command/cliconfig). */
function configurationFiles({ HOME = homedir(), TF_CLI_CONFIG_FILE, TERRAFORM_CONFIG }: NodeJS.ProcessEnv): string[] {
  const folder = join(HOME, ".terraform.d");
  const more = existsSync(folder) ? readdirSync(folder).filter((name) => /\.tfrc(\.json)?$/.test(name)) : [];
  return [
    ...[TF_CLI_CONFIG_FILE, TERRAFORM_CONFIG].flatMap((file) => file || []),
    ...[".terraformrc", ".tofurc"].map((name) => join(HOME, name)),
    ...more.map((name) => join(folder, name)),
  ];
}

function readIfPossible(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

class RunningProvider {
  /** Whether the provider ended before it was stopped. */
  ended: boolean;

  private constructor(
    readonly address: string,
    private readonly guard: ChildProcess,
    private readonly folder: string,
    readonly reattach: object = {},
  ) {
    // The guard redirected its own output, so only the provider holds this pipe.
    this.ended = guard.stdout!.readableEnded;
    guard.stdout!.once("end", () => (this.ended = true));
  }

  static async start(
    { address, executable }: InstalledProvider,
    directory: string,
    environment: NodeJS.ProcessEnv,
  ): Promise<RunningProvider | undefined> {
    const folder = socketFolder();
    if (folder === undefined) return undefined;
    const guard = spawn("/bin/sh", ["-c", GUARD, "sterna-provider", folder, executable], {
      cwd: directory,
      env: {
        ...environment,
        ...COOKIE,
        PLUGIN_PROTOCOL_VERSIONS: "5,6",
        PLUGIN_UNIX_SOCKET_DIR: folder,
      },
      // Ctrl-C reaches the group of the command line only. Terraform decides what it means.
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    });
    guard.on("error", () => undefined);
    if (guard.pid === undefined) {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    }
    guard.stdin!.on("error", () => undefined);
    const reattach = await handshake(guard, folder);
    if (reattach !== undefined) return new RunningProvider(address, guard, folder, reattach);
    await new RunningProvider(address, guard, folder).stop();
    return undefined;
  }

  async stop(): Promise<void> {
    const { guard, folder } = this;
    const isRunning = guard.pid !== undefined && guard.exitCode === null && guard.signalCode === null;
    if (isRunning) {
      const exited = once(guard, "exit");
      guard.stdin!.end();
      const stopped = await Promise.race([exited.then(() => true), sleep(STOP_MILLISECONDS, false, { ref: false })]);
      if (!stopped) killGroup(guard.pid!);
    }
    guard.stdout!.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It ended meanwhile.
  }
}

/** A folder that only this user can open: whoever opens the socket in it can use the provider. */
function socketFolder(): string | undefined {
  for (const parent of [tmpdir(), "/tmp"]) {
    if (Buffer.byteLength(parent) > LONGEST_PARENT) continue;
    try {
      return mkdtempSync(join(parent, "sterna-provider-"));
    } catch {
      // Not writable: the next place.
    }
  }
  return undefined;
}

/**
 * The first line of a provider: where it listens (go-plugin, "Handshake").
 *
 * @returns what Terraform needs to attach it; nothing if it does not listen in time, or elsewhere
 */
async function handshake(guard: ChildProcess, folder: string): Promise<object | undefined> {
  const line = await Promise.race([firstLine(guard), sleep(START_MILLISECONDS, "", { ref: false })]);
  const [core, protocol, network, path = "", kind] = line.split("|");
  if (core !== "1" || network !== "unix" || kind !== "grpc" || !path.startsWith(`${folder}${sep}`)) return undefined;
  return {
    Protocol: "grpc",
    ProtocolVersion: Number(protocol),
    Pid: guard.pid,
    // Without it, Terraform takes the protocol for 5, and kills the process (go-plugin, client.go).
    Test: true,
    Addr: { Network: "unix", String: path },
  };
}

function firstLine(guard: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    guard.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve(text.split("\n", 1)[0]!);
    });
    guard.stdout!.once("close", () => resolve(""));
    guard.once("error", () => resolve(""));
  });
}
