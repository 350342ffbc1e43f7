import type { IncomingMessage, ServerResponse } from "node:http";
import { Faults, type Fault } from "../../lib/testing/aws/faults";
import { LoopbackServer } from "./loopback-server";

/** What a request is called in faults. */
type Operation = "add" | "access" | "destroy";

/** Secret Manager, "Quotas and limits": 64 KiB. */
const LARGEST_PAYLOAD = 65_536;

/** A version that the model keeps. */
interface KeptVersion {
  readonly value: string;
  destroyed: boolean;
}

/**
 * A contract model of some calls of Google Secret Manager's REST API: it behaves as their documentation says, as badly as
 * that allows, and nobody has compared it with the real service. Success here proves that its callers keep to the
 * documented contract.
 *
 * Modeled: versions with numbers from 1 without gaps; access by number, which is consistent; access of `latest`, which
 * answers with any older version or with none at all; adding, which has neither a condition nor a token, so that a
 * repeated request adds another version; destroying, after which an access still succeeds until the next version is added; 400 FAILED_PRECONDITION
 * for a destroyed version; 404 for what is missing, 401 without the access token, 400 for more than 64 KiB.
 *
 * Sources: Secret Manager documentation, "Resource consistency", "REST: projects.secrets.versions", "Quotas and limits".
 */
export interface GoogleSecretManagerContractModel {
  /** `http://127.0.0.1:PORT/v1/` */
  readonly endpoint: string;

  /** Values of the versions, by name of the secret, in their order; nothing in place of one that is destroyed. */
  values(secret: string): readonly (string | undefined)[];

  /** Makes a secret without versions, or adds one to it. */
  put(secret: string, value?: string): void;

  /** Makes a secret with the versions of another. */
  copy(from: string, to: string): void;

  /** From now on what was destroyed cannot be read. */
  converge(): void;

  /** Faults to inject, by operation: `add`, `access`, `destroy`. */
  readonly faults: { add(fault: Fault): void; clear(): void };

  /** How many versions `latest` may lag behind; more than there are: it may see none. */
  staleness: number;

  /** The access token that each request must carry. Nothing: none is needed. */
  accessToken: string | undefined;
  stop(): Promise<void>;
}

class Answer extends Error {
  constructor(
    readonly httpStatus: number,
    readonly status: string,
    message: string,
  ) {
    super(message);
  }
}

class Model implements GoogleSecretManagerContractModel {
  endpoint = "";
  readonly faults = new Faults();
  staleness = Infinity;
  accessToken: string | undefined;
  stop = () => Promise.resolve();
  private readonly secrets = new Map<string, KeptVersion[]>();
  private readonly stillReadable = new Set<KeptVersion>();
  private reads = 0;

  values(secret: string): (string | undefined)[] {
    return this.versionsOf(secret).map(({ value, destroyed }) => (destroyed ? undefined : value));
  }

  put(secret: string, value?: string): void {
    if (!this.secrets.has(secret)) this.secrets.set(secret, []);
    if (value !== undefined) this.versionsOf(secret).push({ value, destroyed: false });
  }

  copy(from: string, to: string): void {
    this.secrets.set(
      to,
      this.versionsOf(from).map((version) => ({ ...version })),
    );
  }

  converge(): void {
    this.stillReadable.clear();
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { operation, secret, version } = callOf(request);
    const fault = this.faults.take({ service: "secretmanager", op: operation });
    if (fault?.drop === true) return void request.socket.destroy();
    try {
      if (fault?.status !== undefined) throw new Answer(fault.status, "UNAVAILABLE", "injected fault");
      if (this.accessToken !== undefined && request.headers.authorization !== `Bearer ${this.accessToken}`) {
        throw new Answer(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
      }
      const reply = this.serve(operation, secret, version, Buffer.concat(chunks));
      if (fault?.loseAnswer === true) return void request.socket.destroy();
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
    } catch (error) {
      if (!(error instanceof Answer)) throw error;
      const { httpStatus: code, status, message } = error;
      response.writeHead(code).end(JSON.stringify({ error: { code, status, message } }));
    }
  }

  private serve(operation: Operation, secret: string, version: string, body: Buffer): object {
    const versions = this.versionsOf(secret);
    if (operation === "add") {
      const { payload } = JSON.parse(body.toString()) as { payload: { data: string } };
      const value = Buffer.from(payload.data, "base64");
      if (value.length > LARGEST_PAYLOAD) throw new Answer(400, "INVALID_ARGUMENT", "The payload is too large.");
      for (const version of versions) this.stillReadable.delete(version);
      versions.push({ value: value.toString(), destroyed: false });
      return { name: nameOf(secret, versions.length), state: "ENABLED" };
    }
    const number = version === "latest" ? this.someOlder(versions.length) : Number(version);
    const found = versions[number - 1];
    if (found === undefined)
      throw new Answer(404, "NOT_FOUND", `Secret Version [${secret}/versions/${version}] not found.`);
    const readable = !found.destroyed || (operation === "access" && this.stillReadable.has(found));
    if (!readable) throw new Answer(400, "FAILED_PRECONDITION", `Secret Version [${number}] is in DESTROYED state.`);
    if (operation === "access") {
      return { name: nameOf(secret, number), payload: { data: Buffer.from(found.value).toString("base64") } };
    }
    found.destroyed = true;
    this.stillReadable.add(found);
    return { name: nameOf(secret, number), state: "DESTROYED" };
  }

  /** A different one each time: from the last back to as far as `staleness` allows. */
  private someOlder(last: number): number {
    return last - (this.reads++ % (Math.min(this.staleness, last) + 1));
  }

  private versionsOf(secret: string): KeptVersion[] {
    const found = this.secrets.get(secret);
    if (found === undefined) throw new Answer(404, "NOT_FOUND", `Secret [${secret}] not found.`);
    return found;
  }
}

function callOf({ method, url }: IncomingMessage): { operation: Operation; secret: string; version: string } {
  const [, secret = "", version = "", verb] =
    /^\/v1\/(projects\/[^/]+\/secrets\/[^/:]+)(?:\/versions\/(\w+))?:(addVersion|access|destroy)$/.exec(url!) ?? [];
  const operation = verb === "addVersion" ? "add" : (verb as Operation | undefined);
  if (operation === undefined || (method === "GET") !== (operation === "access")) {
    throw new Error(`the contract model of Secret Manager has no ${method} ${url}`);
  }
  return { operation, secret, version };
}

/** Answers name the project by its number. */
function nameOf(secret: string, version: number): string {
  return `${secret.replace(/^projects\/[^/]+/, "projects/123456789012")}/versions/${version}`;
}

/** Starts the model on a free port of 127.0.0.1. */
export async function startGoogleSecretManagerContractModel(): Promise<GoogleSecretManagerContractModel> {
  const model = new Model();
  const server = await LoopbackServer.start((request, response) => model.answer(request, response));
  model.endpoint = `${server.address}/v1/`;
  model.stop = () => server.stop();
  return model;
}
