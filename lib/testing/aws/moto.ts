import { spawn } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { SternaError } from "../../core/errors";
import { findProgram } from "../../core/find-program";
import { freePort } from "../postgres/free-port";
import { guardOrphan } from "../postgres/orphan-guard";
import type { Reply } from "./reply";
import type { AwsRequest } from "./request";

const START_SECONDS = 60;
const KEPT_OUTPUT = 20_000;

/** A running `moto_server`. */
export interface Moto {
  /** Passes a request on. */
  send(request: Pick<AwsRequest, "method" | "target" | "headers" | "body">): Promise<Reply>;

  /** Forgets every resource. */
  reset(): Promise<void>;

  stop(): Promise<void>;
}

/** Variables with which a developer configures moto or AWS. */
const CONFIGURATION = /^(AWS|MOTO)_/;

/**
 * Starts `moto_server` on a free port of 127.0.0.1.
 *
 * @throws SternaError `MotoMissing` if it is not on the PATH; `MotoFailed` if it does not answer, with its output
 */
export async function startMoto(): Promise<Moto> {
  const program = findProgram("moto_server");
  if (program === undefined) {
    throw new SternaError(
      "MotoMissing",
      "moto_server is not on the PATH; install it with `pip install 'moto[server]>=5.2,<6'` or `pipx install 'moto[server]>=5.2,<6'`",
    );
  }
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !CONFIGURATION.test(name))),
      MOTO_IAM_LOAD_MANAGED_POLICIES: "true",
    },
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_OUTPUT)));
  }
  const exit = once(child, "exit").catch((error: Error) => (output += error.message));
  let ended = false;
  void exit.then(() => (ended = true));
  const dismissGuard = child.pid === undefined ? () => {} : guardOrphan(child.pid, "KILL");

  const moto: Moto = {
    send: (request) => exchange(port, request),
    async reset() {
      await exchange(port, { method: "POST", target: "/moto-api/reset", headers: {}, body: Buffer.alloc(0) });
    },
    async stop() {
      dismissGuard();
      // It keeps nothing, and its own shutdown takes seconds.
      if (!ended) child.kill("SIGKILL");
      await exit;
    },
  };

  const deadline = Date.now() + START_SECONDS * 1000;
  while (!(await answers(moto))) {
    if (ended || Date.now() > deadline) {
      await moto.stop();
      throw new SternaError("MotoFailed", `moto_server did not answer within ${START_SECONDS} s:\n${output}`);
    }
    await sleep(50);
  }
  return moto;
}

async function answers(moto: Moto): Promise<boolean> {
  try {
    const target = "/moto-api/data.json";
    return (await moto.send({ method: "GET", target, headers: {}, body: Buffer.alloc(0) })).status === 200;
  } catch {
    return false;
  }
}

function exchange(port: number, { method, target, headers, body }: Parameters<Moto["send"]>[0]): Promise<Reply> {
  const passed = { ...headers, "content-length": String(body.length) };
  for (const hop of ["accept-encoding", "connection", "expect", "transfer-encoding"] as const) delete passed[hop];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: "127.0.0.1", port, method, path: target, headers: passed }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("error", reject)
        .on("end", () => {
          const { connection, "transfer-encoding": encoding, ...kept } = incoming.headers;
          resolve({ status: incoming.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) });
        });
    });
    outgoing.on("error", reject).end(body);
  });
}
