import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";

/** What a server said, or why it said nothing. */
export interface Answer {
  /** The status, or what went wrong: `no answer: ECONNREFUSED`. */
  readonly status: string;

  readonly body: string;
}

/** Seconds after which one attempt is given up. */
const TIMEOUT = 10;
const MOST_REDIRECTS = 5;
/** Bytes of a body that are read at most: a list of everything may be long, and its beginning says enough. */
const LARGEST_BODY = 8 * 1024 ** 2;

/**
 * Asks a URL once. Redirects are followed on the same origin only, and not at all when a redirect is what is expected:
 * a login page on another host also answers 200.
 *
 * @throws the signal's reason when aborted; a server that does not answer is an answer too
 */
export async function ask(url: URL, expectedStatus: number, signal: AbortSignal): Promise<Answer> {
  return rejectAborted(signal, async () => {
    try {
      return await follow(url, expectedStatus, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT * 1000)]));
    } catch (error) {
      signal.throwIfAborted();
      return { status: `no answer: ${reason(error)}`, body: "" };
    }
  });
}

async function follow(start: URL, expectedStatus: number, signal: AbortSignal): Promise<Answer> {
  let url = start;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await fetch(url, { redirect: "manual", signal, headers: { accept: "application/json, */*" } });
    const location = response.headers.get("location");
    if (location === null || response.status < 300 || response.status > 399 || response.status === expectedStatus) {
      return { status: String(response.status), body: await readBody(response) };
    }
    await response.body?.cancel();
    const target = new URL(location, url);
    if (target.origin !== start.origin) {
      return { status: `${response.status} to ${target.origin}, not followed`, body: "" };
    }
    url = target;
  }
  return { status: `more than ${MOST_REDIRECTS} redirects`, body: "" };
}

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > LARGEST_BODY) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `fetch` hides the reason in the cause of its error. */
function reason(error: unknown): string {
  if ((error as Error).name === "TimeoutError") return `none within ${TIMEOUT} s`;
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? (error as Error).message;
}

/**
 * @throws EngineError `AddressRefused` for what is no URL, has another scheme than http and https, or holds credentials
 */
export function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new EngineError("AddressRefused", `a URL must start with http:// or https:// and name a host`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new EngineError("AddressRefused", `the URL of ${url.host} holds credentials; ask an address that needs none`);
  }
  return url;
}
