import type { z } from "zod";
import { SternaError } from "../../../core/sterna-error";

/** Elements of a page of a list: the most that GitHub and GitLab give. */
export const PAGE = 100;
const SECONDS = 30;

/** What is asked for. */
export interface Request {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The HTTP interface of a service, with its token. */
export class ForgeApi {
  /**
   * @param address where all paths start
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

  /** The first element that is looked for, from all pages of a list. */
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
    // A redirect leads to the store of the artifacts, which gets no token: fetch drops it for another host.
    return this.send(path, {});
  }

  /** @returns the body: it too may not come in time, or not to its end */
  private async send(path: string, request: Request): Promise<Uint8Array> {
    const { method = "GET", query = {}, body } = request;
    const url = new URL(`${this.address}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    let response: Response;
    let answer: Uint8Array;
    try {
      response = await fetch(url, {
        method,
        headers: { ...this.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(SECONDS * 1000),
      });
      answer = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      const { message, cause: reason } = cause as Error;
      throw failed(request, path, reason instanceof Error ? `${message}: ${reason.message}` : message);
    }
    if (response.ok) return answer;
    throw failed(request, path, `${response.status} ${new TextDecoder().decode(answer).slice(0, 500)}`);
  }
}

function failed({ method = "GET" }: Request, path: string, reason: string): SternaError {
  return new SternaError(
    "ForgeFailed",
    `${method} ${path} was answered with ${reason}. Check the permissions of the job's token.`,
  );
}
