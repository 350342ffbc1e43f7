import type { CheckResult } from "../../manifest/step-checks";
import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../../engine/engine-error";
import { rejectAborted } from "../../engine/files/concurrently";
import type { StepContext, StepKind } from "../../engine/step-kind";
import type { Check } from "../../manifest/program";
import { describeText } from "../../manifest/text";
import { httpProgram, type HttpProgram } from "./program";

/** Waits until a URL returns the expected response. Changes nothing, so there is nothing to undo. */
export const httpKind: StepKind<HttpProgram> = {
  kind: "http",
  schema: httpProgram,
  effectless: true,

  preview: (program) => [
    `ask: ${describeText(program.url)}, up to ${program.attempts} times every ${program.interval} s`,
    `verify: status = ${program.status}`,
    ...program.verify.map(({ query, expected }) => `verify: ${query} = ${expected}`),
  ],

  undo: () => [],

  loss: () => undefined,

  async up(program, context) {
    for (let attempt = 1; ; attempt++) {
      const { answer, results } = await question(program, context);
      if (results.every(({ expected, actual }) => expected === actual)) return { attempts: attempt };
      context.progress(`attempt ${attempt} of ${program.attempts}: ${answer.status}`);
      if (attempt === program.attempts) throw exhausted(program, answer.status, context.redact(answer.body), results);
      await rejectAborted(context.signal, () => sleep(program.interval * 1000, undefined, { signal: context.signal }));
    }
  },

  verify: async (program, context) => (await question(program, context)).results,

  down: async () => undefined,
};

async function question(
  program: HttpProgram,
  context: StepContext,
): Promise<{ answer: Answer; results: CheckResult[] }> {
  const url = parseAddress(context.resolve(program.url));
  for (const { query } of program.verify) assertPointer(query);
  const answer = await ask(url, program.status, context.signal);
  const place = `${url.origin}${url.pathname}`;
  const status = { query: `status of ${place}`, expected: String(program.status), actual: answer.status };
  return { answer, results: [status, ...compareBody(place, program.verify, answer.body)] };
}

function assertPointer(query: string): void {
  if (isPointer(query)) return;
  throw new EngineError(
    "InvalidProgram",
    `"${query}" is no JSON pointer; write "/status" for the field status of the answer (RFC 6901)`,
  );
}

function compareBody(place: string, checks: readonly Check[], body: string): CheckResult[] {
  let document: unknown;
  let readable = true;
  try {
    document = JSON.parse(body);
  } catch {
    readable = false;
  }
  return checks.map(({ query, expected }) => ({
    query: `${query} of ${place}`,
    expected,
    actual: readable ? asText(atPointer(document, query)) : "no JSON",
  }));
}

function asText(value: unknown): string {
  if (value === undefined) return "not in the answer";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Characters of a body that a message shows. */
const EXCERPT = 200;

function exhausted(program: HttpProgram, status: string, body: string, results: readonly CheckResult[]): EngineError {
  const failed = results.filter(({ expected, actual }) => expected !== actual);
  return new EngineError(
    "VerificationFailed",
    `${program.attempts} attempts did not give the expected answer: ` +
      failed.map(({ query, expected, actual }) => `${query} is ${actual} instead of ${expected}`).join("; ") +
      `. The last answer was ${status}: ${body.slice(0, EXCERPT) || "(empty)"}`,
  );
}

/** The server's response, or why there was none. */
interface Answer {
  /** The status, or the error: `no answer: ECONNREFUSED`. */
  readonly status: string;

  readonly body: string;
}

/** Timeout of one attempt, in seconds. */
const TIMEOUT = 10;
const MOST_REDIRECTS = 5;
/** Maximum number of bytes of a body that are read: a list may be long, and its beginning is enough. */
const LARGEST_BODY = 8 * 1024 ** 2;

/**
 * Requests a URL once. Redirects are followed on the same origin only, and not at all when a redirect is expected: a
 * login page on another host also answers 200.
 *
 * @throws the signal's reason when aborted; a server that does not respond is a result, not an error
 */
async function ask(url: URL, expectedStatus: number, signal: AbortSignal): Promise<Answer> {
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
 * @throws EngineError `AddressRefused` for an invalid URL, a scheme other than http and https, or a URL with
 * credentials
 */
function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new EngineError("AddressRefused", `a URL must start with http:// or https:// and name a host`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new EngineError("AddressRefused", `the URL of ${url.host} holds credentials; ask an address that needs none`);
  }
  return url;
}

/**
 * The value at a JSON pointer, or undefined if there is none (RFC 6901).
 *
 * @param pointer starts with `/`; `~1` stands for `/` and `~0` for `~` in a name
 */
export function atPointer(document: unknown, pointer: string): unknown {
  const names = pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<unknown>(child, document);
}

/** Section 3 of the RFC: `~` is followed by 0 or 1, and every name is preceded by a slash. */
export function isPointer(pointer: string): boolean {
  return /^(\/([^~/]|~[01])*)*$/.test(pointer);
}

const ARRAY_INDEX = /^(0|[1-9][0-9]*)$/;

function child(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return ARRAY_INDEX.test(name) ? value[Number(name)] : undefined;
  if (value === null || typeof value !== "object" || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
