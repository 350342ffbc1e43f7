import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { SternaError } from "../../core/errors";

/** Page size of a list: the maximum of GitHub and GitLab. */
export const PAGE = 100;
const SECONDS = 30;
/** Milliseconds before the second and the third attempt. */
const PAUSES = [500, 2_000];

/** An HTTP request. */
export interface Request {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The HTTP interface of a service, with its token. */
export class ForgeApi {
  /**
   * @param address base URL of all paths
   * @param headers how the token is sent: as `authorization`, the only header that fetch drops for another host
   */
  constructor(
    private readonly address: string,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** @throws SternaError `ForgeFailed` */
  async json<Schema extends z.ZodType>(path: string, schema: Schema, request: Request = {}): Promise<z.output<Schema>> {
    const text = new TextDecoder().decode(await this.send(path, request));
    let answer: unknown;
    try {
      answer = JSON.parse(text);
    } catch {
      throw failed(request, path, `what is no JSON: ${text.slice(0, 500)}`);
    }
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    throw failed(request, path, `an answer that is not as it should be: ${result.error.message}`);
  }

  /** The first matching element, from all pages of a list. */
  async find<Schema extends z.ZodArray>(
    path: string,
    schema: Schema,
    query: Readonly<Record<string, string>>,
    isWanted: (element: z.output<Schema>[number]) => boolean,
  ): Promise<z.output<Schema>[number] | undefined> {
    for (let page = 1; ; page++) {
      const paged = { ...query, per_page: String(PAGE), page: String(page) };
      const elements = await this.json(path, schema, { query: paged });
      const found = elements.find(isWanted);
      if (found !== undefined || elements.length < PAGE) return found;
    }
  }

  /** @throws SternaError `ForgeFailed` */
  async bytes(path: string): Promise<Uint8Array> {
    // A redirect leads to the artifact store, which gets no token: fetch drops it for another host.
    return this.send(path, {});
  }

  private async send(path: string, request: Request): Promise<Uint8Array> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.ask(path, request);
      if (answer instanceof Uint8Array) return answer;
      // Write requests are not retried: the first one may have arrived.
      const pause = answer.passes && (request.method ?? "GET") === "GET" ? PAUSES[attempt] : undefined;
      if (pause === undefined) throw failed(request, path, answer.reason);
      await sleep(pause);
    }
  }

  /** @returns the body, which may also be late or incomplete */
  private async ask(path: string, { method = "GET", query = {}, body }: Request): Promise<Uint8Array | Failure> {
    const url = new URL(`${this.address}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const response = await fetch(url, {
        method,
        headers: { ...this.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(SECONDS * 1000),
      });
      const answer = new Uint8Array(await response.arrayBuffer());
      if (response.ok) return answer;
      const reason = `${response.status} ${new TextDecoder().decode(answer).slice(0, 500)}`;
      return { reason, passes: response.status === 429 || response.status >= 500 };
    } catch (error) {
      const { message, cause } = error as Error;
      return { reason: cause instanceof Error ? `${message}: ${cause.message}` : message, passes: true };
    }
  }
}

/** Why there is no response, and whether a retry may help. */
interface Failure {
  readonly reason: string;
  readonly passes: boolean;
}

function failed({ method = "GET" }: Request, path: string, reason: string): SternaError {
  return new SternaError(
    "ForgeFailed",
    `${method} ${path} was answered with ${reason}. Check the permissions of the job's token.`,
  );
}
