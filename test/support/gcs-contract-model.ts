import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Faults, type Fault } from "../../lib/testing/aws/faults";
import { LoopbackServer } from "./loopback-server";

/** Keys of a page. Cloud Storage has 1000; fewer show the same with fewer objects. */
const PAGE = 5;

/** What a request is called in faults. */
type Operation = "insert" | "get" | "list" | "upload" | "delete";

/** Chunks of a resumable upload, but the last, are multiples of this many bytes. */
const CHUNK = 256 * 1024;

/**
 * A contract model of some operations of Cloud Storage's JSON API: it behaves as their documentation says, and nobody
 * has compared it with the real service. Success here proves that its callers keep to the documented contract.
 *
 * Modeled: insert with `ifGenerationMatch` (0: there must be no live object; 412 otherwise), get as metadata and with
 * `alt=media` of a generation, list in pages, delete, resumable uploads with their chunks, attributes and MD5, 404 for a missing bucket or object, 401 without the access token, and 429
 * for a second write of the same object within a second.
 *
 * Sources: Cloud Storage documentation, "JSON API: Objects: insert, get, list, delete", "Perform resumable
 * uploads", "Request preconditions", "Quotas &
 * limits" (writes to the same object name), "HTTP status and error codes for JSON".
 */
export interface GcsContractModel {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly bucket: string;

  /** The objects of the bucket, by name. */
  readonly objects: Map<string, KeptObject>;

  /** Faults to inject, by operation: `insert`, `get`, `list`, `upload`, `delete`. */
  readonly faults: { add(fault: Fault): void; clear(): void };

  /** Milliseconds by which the clock of the service is ahead of this machine's. */
  clockOffset: number;

  /** The access token that each request must carry. Nothing: none is needed. */
  accessToken: string | undefined;

  /** Whether writes of the same object are limited to one per second. */
  limitsWrites: boolean;

  /** Whether conditions are read and ignored, which Cloud Storage never does. */
  ignoresConditions: boolean;

  reset(): void;
  stop(): Promise<void>;
}

/** An object that the model keeps. */
export interface KeptObject {
  readonly content: Buffer;
  readonly generation: number;
  readonly created: number;

  /** Content type, metadata and the like, as they were uploaded. */
  readonly attributes: object;
}

/** An upload that is not complete. */
interface Session {
  readonly name: string;
  readonly attributes: object;
  content: Buffer;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

class Answer extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

class Model implements GcsContractModel {
  endpoint = "";
  readonly bucket = "tern-ledger";
  readonly objects = new Map<string, KeptObject>();
  private readonly sessions = new Map<string, Session>();
  readonly faults = new Faults();
  clockOffset = 0;
  accessToken: string | undefined;
  limitsWrites = false;
  ignoresConditions = false;
  stop = () => Promise.resolve();
  private lastGeneration = 1_700_000_000_000_000;

  reset(): void {
    this.objects.clear();
    this.sessions.clear();
    this.faults.clear();
    this.clockOffset = 0;
    this.accessToken = undefined;
    this.limitsWrites = false;
    this.ignoresConditions = false;
  }

  now(): number {
    return Date.now() + this.clockOffset;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url!, "http://model");
    const operation = operationOf(request.method!, url);
    const fault = this.faults.take({ service: "storage", op: operation });
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault?.drop === true) return void request.socket.destroy();
    response.setHeader("date", new Date(this.now()).toUTCString());
    try {
      if (fault?.status !== undefined) throw new Answer(fault.status, fault.message ?? "injected fault");
      const reply = this.serve(operation, url, request, Buffer.concat(chunks));
      if (fault?.loseAnswer === true) return void request.socket.destroy();
      response.writeHead(reply.status ?? 200, { ...reply.headers }).end(reply.body);
    } catch (error) {
      if (!(error instanceof Answer)) throw error;
      response.writeHead(error.status).end(JSON.stringify({ error: { code: error.status, message: error.message } }));
    }
  }

  private serve(operation: Operation, url: URL, request: IncomingMessage, body: Buffer): Reply {
    if (this.accessToken !== undefined && request.headers.authorization !== `Bearer ${this.accessToken}`) {
      throw new Answer(401, "Invalid Credentials");
    }
    const [, bucket, object] = /\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname)!;
    if (bucket !== this.bucket) throw new Answer(404, "The specified bucket does not exist.");
    if (operation === "insert") return this.insert(url.searchParams, body);
    if (operation === "list") return { body: this.list(url.searchParams) };
    if (operation === "upload") return this.upload(url.searchParams, request.headers["content-range"]!, body);
    const name = decodeURIComponent(object!);
    return operation === "delete" ? this.delete(name) : { body: this.get(name, url.searchParams) };
  }

  private insert(query: URLSearchParams, body: Buffer): Reply {
    const name = query.get("name")!;
    if (query.get("uploadType") === "media") return { body: this.keep(name, query, body, {}) };
    if (query.get("uploadType") !== "resumable") throw new Answer(400, "only media and resumable uploads are modeled");
    const id = String(this.sessions.size + 1);
    this.sessions.set(id, { name, attributes: JSON.parse(body.toString()) as object, content: Buffer.alloc(0) });
    const location = `${this.endpoint}/upload/storage/v1/b/${this.bucket}/o?uploadType=resumable&upload_id=${id}`;
    return { headers: { location } };
  }

  private upload(query: URLSearchParams, range: string, chunk: Buffer): Reply {
    const session = this.sessions.get(query.get("upload_id")!);
    if (session === undefined) throw new Answer(410, "The upload is gone.");
    const [, start, end, total] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(range)!;
    const length = start === undefined ? 0 : Number(end) - Number(start) + 1;
    if (length !== chunk.length || Number(start ?? 0) !== session.content.length) {
      throw new Answer(400, "The range is not the one of the chunk.");
    }
    const content = Buffer.concat([session.content, chunk]);
    const last = content.length === Number(total);
    if (!last && chunk.length % CHUNK !== 0) throw new Answer(400, "A chunk must be a multiple of 256 KiB.");
    session.content = content;
    if (last) return { body: this.keep(session.name, query, content, session.attributes) };
    return { status: 308, headers: { range: `bytes=0-${content.length - 1}` } };
  }

  private delete(name: string): Reply {
    if (!this.objects.delete(name)) throw new Answer(404, `No such object: ${this.bucket}/${name}`);
    return { status: 204 };
  }

  private keep(name: string, query: URLSearchParams, content: Buffer, attributes: object): string {
    const live = this.objects.get(name);
    const expected = query.get("ifGenerationMatch");
    if (!this.ignoresConditions && expected !== null && Number(expected) !== (live?.generation ?? 0)) {
      throw new Answer(412, "At least one of the pre-conditions you specified did not hold.");
    }
    if (this.limitsWrites && live && this.now() - live.created < 1_000) {
      throw new Answer(429, "The object exceeded the rate limit for object mutation operations.");
    }
    const kept = { content, attributes, generation: ++this.lastGeneration, created: this.now() };
    this.objects.set(name, kept);
    return resource(name, kept);
  }

  private get(name: string, query: URLSearchParams): string | Buffer {
    const kept = this.objects.get(name);
    const generation = query.get("generation");
    if (!kept || (generation !== null && Number(generation) !== kept.generation)) {
      throw new Answer(404, `No such object: ${this.bucket}/${name}`);
    }
    return query.get("alt") === "media" ? kept.content : resource(name, kept);
  }

  private list(query: URLSearchParams): string {
    const start = Number(query.get("pageToken") ?? 0);
    const found = [...this.objects].filter(([name]) => name.startsWith(query.get("prefix") ?? "")).sort();
    const items = found.slice(start, start + PAGE).map(([name, kept]) => JSON.parse(resource(name, kept)) as object);
    const more = start + PAGE < found.length;
    // An empty listing has no `items` at all.
    return JSON.stringify({
      kind: "storage#objects",
      ...(items.length > 0 && { items }),
      ...(more && { nextPageToken: String(start + PAGE) }),
    });
  }
}

function operationOf(method: string, url: URL): Operation {
  if (method === "POST" && url.pathname.startsWith("/upload/storage/v1/b/")) return "insert";
  if (method === "PUT" && url.searchParams.has("upload_id")) return "upload";
  if (method === "DELETE" && url.pathname.startsWith("/storage/v1/b/")) return "delete";
  if (method === "GET" && url.pathname.startsWith("/storage/v1/b/"))
    return url.pathname.endsWith("/o") ? "list" : "get";
  throw new Error(`the contract model of Cloud Storage has no ${method} ${url.pathname}`);
}

/** 64-bit numbers are strings in the JSON API. */
function resource(name: string, { generation, created, content, attributes }: KeptObject): string {
  return JSON.stringify({
    ...attributes,
    kind: "storage#object",
    name,
    generation: String(generation),
    timeCreated: new Date(created).toISOString(),
    size: String(content.length),
    md5Hash: createHash("md5").update(content).digest("base64"),
  });
}

/** Starts the model on a free port of 127.0.0.1. */
export async function startGcsContractModel(): Promise<GcsContractModel> {
  const model = new Model();
  const server = await LoopbackServer.start((request, response) => model.answer(request, response));
  model.endpoint = server.address;
  model.stop = () => server.stop();
  return model;
}
