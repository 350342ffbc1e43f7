import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Faults } from "./faults";
import type { Moto } from "./moto";
import { failure, notImplemented, type Reply } from "./reply";
import { identify, type AwsRequest } from "./request";
import type { ServiceFill } from "./service-fill";

/** One answered request. */
export interface Call {
  readonly service: string;
  readonly op: string;

  /** HTTP status of the answer; nothing when the connection was dropped. */
  readonly status?: number;

  /** Whether an injected fault hit it. */
  readonly faulted: boolean;
}

/** A loopback server in front of moto: injects faults, fills gaps, and keeps a log of the calls. */
export interface Proxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startProxy(
  moto: Moto,
  fills: readonly ServiceFill[],
  faults: Faults,
  calls: Call[],
): Promise<Proxy> {
  const server = createServer((message, response) => {
    answer(message, response, moto, fills, faults, calls).catch((error: Error) => {
      process.stderr.write(`aws stand-in: ${error.stack}\n`);
      if (!response.headersSent) response.writeHead(502);
      response.end(error.message);
    });
  });
  // Longer than any client keeps an idle connection, so that it is never the server that closes one under a request.
  server.keepAliveTimeout = 300_000;
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function answer(
  message: IncomingMessage,
  response: ServerResponse,
  moto: Moto,
  fills: readonly ServiceFill[],
  faults: Faults,
  calls: Call[],
): Promise<void> {
  const request = identify(message, await readAll(message));
  const { service, op } = request;
  const fault = faults.take(request);
  if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
  if (fault?.drop === true) {
    calls.push({ service, op, faulted: true });
    message.socket.destroy();
    return;
  }
  const reply =
    fault?.status === undefined
      ? await serve(request, moto, fills)
      : failure(request.protocol, fault.status, fault.code ?? "InternalError", fault.message ?? "injected fault");
  if (fault?.loseAnswer === true) {
    calls.push({ service, op, faulted: true });
    message.socket.destroy();
    return;
  }
  calls.push({ service, op, status: reply.status, faulted: fault !== undefined });
  // The length in the answer to HEAD is the object's, not that of the answer.
  const length = request.method === "HEAD" ? {} : { "content-length": reply.body.length };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  response.end(request.method === "HEAD" ? undefined : reply.body);
}

async function serve(request: AwsRequest, moto: Moto, fills: readonly ServiceFill[]): Promise<Reply> {
  const fill = fills.find(({ service }) => service === request.service);
  const reply = (await fill?.serve(request, moto)) ?? (await moto.send(request));
  if (!isMissingAction(reply)) return reply;
  // What moto has of S3 is known, so it broke on this request: two at once can do that. Clients try such an answer again.
  const isBroken = request.service === "s3" && reply.status === 500;
  return isBroken ? failure(request.protocol, 500, "InternalError", "moto failed") : notImplemented(request);
}

/** moto answers what it does not implement with Flask's HTML error pages; AWS never answers in HTML. */
function isMissingAction(reply: Reply): boolean {
  if (reply.status !== 500 && reply.status !== 404) return false;
  return /^\s*<!doctype html|NotImplementedError/i.test(reply.body.subarray(0, 2000).toString());
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
