import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";
import { type Answer, ask, parseAddress } from "../http/ask";
import { atPointer, isPointer } from "../http/json-pointer";
import type { Check, ProgramOf } from "../program";
import { describeText } from "../text-description";
import type { CheckResult, StepContext, StepKind } from "./step-kind";

type HttpProgram = ProgramOf<"http">;

/** Waits until a URL gives the expected answer. Changes nothing, so there is nothing to undo. */
export const httpKind: StepKind<"http"> = {
  kind: "http",
  effectless: true,

  preview: (program) => [
    `ask: ${describeText(program.url)}, up to ${program.attempts} times every ${program.interval} s`,
    `verify: status = ${program.status}`,
    ...program.verify.map(({ query, expected }) => `verify: ${query} = ${expected}`),
  ],

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
