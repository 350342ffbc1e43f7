import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE, SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";
import { readJsonFile } from "../core/read-json-file";

/** Name of the gate that lets a protected environment accept only what the previous environment proved. */
export const PROOF_GATE = "proof";

/** Name for waivers of the maintenance windows of a stack. */
export const MAINTENANCE_WINDOW = "maintenance-window";

const words = z.string().trim().min(1, "must not be empty");
const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

/** Required properties of a waiver for the proof. */
const NAMED_FOR_PROOF = ["system", "environment", "release", "changes"] as const;

/** Schema of one waiver: bypasses one gate until it expires. */
const waiver = z
  .strictObject({
    gate: identifier.describe('Id of the gate, "maintenance-window", or "proof"'),
    system: identifier.optional().describe("Only for this system. Required for the proof"),
    environment: identifier.optional().describe("Only for this environment. Required for the proof"),
    release: z
      .string()
      .regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE)
      .optional()
      .describe("Only for this release. Required for the proof"),
    changes: z
      .array(words)
      .min(1, "must name a change; leave it out for the whole gate")
      .optional()
      .describe("Only these: addresses of resources, or ids of steps. There are no patterns. Required for the proof"),
    reason: words.describe("Why it is let past"),
    by: words.describe("Who answers for it"),
    expires: z
      .union([z.iso.date(), z.iso.datetime()], 'must be a date or a time in UTC, such as "2026-12-31"')
      .describe("From when on it no longer counts: a date, which means its end in UTC, or a time in UTC"),
  })
  .superRefine((given, context) => {
    if (given.gate !== PROOF_GATE) return;
    for (const name of NAMED_FOR_PROOF) {
      if (given[name] !== undefined) continue;
      context.addIssue({
        code: "custom",
        path: [name],
        message: `is required for the gate "${PROOF_GATE}": what was not proved is waived change by change, for one release`,
      });
    }
  })
  .transform(({ expires, ...rest }) => ({
    ...rest,
    expires: expires.includes("T") ? expires : `${expires}T23:59:59.999Z`,
  }));

/** Permission to bypass a gate: committed, reviewed, and with an expiration. */
export type Waiver = z.output<typeof waiver>;

/** Schema of `waivers.json`, which is committed and reviewed like everything else. */
export const waiversFile = z.strictObject({
  $schema: z.string().optional(),
  waivers: z.array(waiver),
});

/** What a waiver must match. */
export interface WaiverPlace {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
}

/** Path of `waivers.json` of a project. */
export function waiversPath(directory: string): string {
  return join(directory, "waivers.json");
}

/**
 * Reads the waivers for a release of a system in an environment. Empty if there is no file.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidWaivers`
 */
export function readWaivers(file: string, place: WaiverPlace): Waiver[] {
  if (!existsSync(file)) return [];
  return readJsonFile(file, waiversFile, "InvalidWaivers").waivers.filter((each) => isFor(each, place));
}

function isFor(given: Waiver, place: WaiverPlace): boolean {
  return (["system", "environment", "release"] as const).every(
    (name) => given[name] === undefined || given[name] === place[name],
  );
}

/** Whether a waiver has not expired. */
export function isInForce({ expires }: Pick<Waiver, "expires">, now: Date): boolean {
  return now.getTime() < Date.parse(expires);
}

/**
 * The waiver that bypasses a gate.
 *
 * @param change the single change to allow; if absent, the whole gate, which a waiver for single changes does not cover
 */
export function findWaiver(waivers: readonly Waiver[], gate: string, now: Date, change?: string): Waiver | undefined {
  return waivers.find(
    (each) =>
      each.gate === gate &&
      isInForce(each, now) &&
      (each.changes === undefined || (change !== undefined && each.changes.includes(change))),
  );
}

/** Text to add to a refusal if a waiver for it existed but has expired. */
export function expiredWaiver(waivers: readonly Waiver[], gate: string, now: Date): string {
  const ended = waivers.find((each) => each.gate === gate && !isInForce(each, now));
  return ended === undefined ? "" : ` (the waiver of ${ended.by} ended ${ended.expires})`;
}

/** The entry of `waivers.json` that would bypass a gate, for messages. */
export function waiverToWrite(
  { system, environment }: Omit<WaiverPlace, "release">,
  gate: string,
  change?: string,
): string {
  const changes = change === undefined ? {} : { changes: [change] };
  const entry = { gate, system, environment, ...changes, reason: "…", by: "…", expires: "…" };
  const fields = Object.entries(entry).map(
    ([name, value]) => `"${name}": ${Array.isArray(value) ? `["${value[0]}"]` : `"${value}"`}`,
  );
  return `{ ${fields.join(", ")} }`;
}
