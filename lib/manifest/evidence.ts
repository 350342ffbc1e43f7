import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { describeIssues, readJsonFile } from "../core/read-json-file";
import { IDENTIFIER, IDENTIFIER_RULE, SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";
import { SternaError } from "../core/errors";
import { writeWholeFile } from "../core/replace-file";

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);
const time = z.iso.datetime({ error: 'must be a time in UTC, such as "2026-01-31T12:00:00Z"' });

/** Schema of a committed evidence file: what a person or a drill proved for one gate. Contains no secrets. */
export const evidence = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  gate: identifier.describe("Id of the gate that asks for the evidence"),
  system: identifier,
  environment: identifier,
  release: z
    .string()
    .regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE)
    .describe("Release that it was shown for; it does not count for any other"),
  by: z.string().trim().min(1).describe("Who attests: a person, or the program that measured"),
  at: time.describe("When it was shown, UTC"),
  expires: time.describe("From when on it no longer counts, UTC"),
  link: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where the details are: a report, a ticket, a run"),
  note: z.string().optional().describe("What was seen, for people"),
  facts: z
    .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("What was measured, by name: durations in seconds, counts, digests"),
});

/** What a person or a drill proved for one gate of a system in an environment. */
export type Evidence = z.output<typeof evidence>;

/** Evidence before it is written; `version` and `facts` are filled in. */
export type NewEvidence = Omit<Evidence, "$schema" | "version" | "facts"> & Partial<Pick<Evidence, "facts">>;

/** Identifies an evidence file. */
export type EvidenceKey = Pick<Evidence, "system" | "environment" | "gate">;

/** Folder of the evidence files in the project. */
export const EVIDENCE_DIRECTORY = "evidence";

/**
 * Path of an evidence file: `evidence/<system>/<environment>/<gate>.json`.
 *
 * @param directory the project, absolute or relative to the working directory
 */
export function evidenceFile(directory: string, { system, environment, gate }: EvidenceKey): string {
  return join(directory, EVIDENCE_DIRECTORY, system, environment, `${gate}.json`);
}

/**
 * Reads the evidence for a gate, if there is any.
 *
 * @param directory the project
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`
 */
export function readEvidence(directory: string, key: EvidenceKey): Evidence | undefined {
  const file = evidenceFile(directory, key);
  if (!existsSync(file)) return undefined;
  const read = readJsonFile(file, evidence, "InvalidEvidence");
  // A file copied from another environment proves nothing about this one.
  for (const part of ["system", "environment", "gate"] as const) {
    if (read[part] === key[part]) continue;
    throw new SternaError(
      "InvalidEvidence",
      `${file} is for the ${part} "${read[part]}", and its place is that of "${key[part]}"; ` +
        `evidence is not copied: run \`sterna attest ${key.system} ${key.environment} ${key.gate}\``,
    );
  }
  return read;
}

/**
 * Reads all evidence about a system in an environment, by gate.
 *
 * @param directory the project
 * @throws SternaError `FileUnreadable`, `FileNotJson`, `InvalidEvidence`
 */
export function readAllEvidence(directory: string, system: string, environment: string): Map<string, Evidence> {
  const folder = join(directory, EVIDENCE_DIRECTORY, system, environment);
  if (!existsSync(folder)) return new Map();
  const gates = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
  return new Map(gates.map((gate) => [gate, readEvidence(directory, { system, environment, gate })!]));
}

/**
 * Replaces the evidence of a gate. A reader sees the old file or the new one, never a part.
 *
 * @param directory the project
 * @returns path of the file, for a commit
 * @throws SternaError `InvalidEvidence`, `FileUnwritable`
 */
export function writeEvidence(directory: string, shown: NewEvidence): string {
  const parsed = evidence.safeParse({ version: 1, ...shown });
  if (!parsed.success) {
    throw new SternaError("InvalidEvidence", `the evidence is invalid:\n${describeIssues(parsed.error)}`);
  }
  const file = evidenceFile(directory, parsed.data);
  writeWholeFile(file, `${JSON.stringify(parsed.data, null, 2)}\n`, { mode: 0o666, folderMode: 0o777 });
  return file;
}
