import { randomUUID } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE } from "../core/identifier";
import { readJsonFile } from "../core/read-json-file";
import { SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/semantic-version";
import { SternaError } from "../core/sterna-error";

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

/** Schema of `releases.json`: system, then environment, then the release that runs there. */
export const pinsFile = z
  .object({ $schema: z.string().optional() })
  .catchall(z.record(identifier, z.string().regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE)))
  .superRefine((file, context) => {
    for (const system of Object.keys(file)) {
      if (system !== "$schema" && !IDENTIFIER.test(system)) {
        context.addIssue({ code: "custom", path: [system], message: `a system's name must be ${IDENTIFIER_RULE}` });
      }
    }
  });

/** Which release each environment runs: system, then environment, then release. */
export type PinTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The content of `releases.json`, in the order of the file. */
export interface PinsFile {
  /**
   * Where editors find the JSON schema.
   * @default - the file names none
   */
  readonly $schema?: string;

  /** Which release each environment runs. */
  readonly pins: PinTable;
}

/**
 * Reads `releases.json`.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidPins`
 */
export function readPins(file: string): PinsFile {
  const { $schema, ...pins } = readJsonFile(file, pinsFile, "InvalidPins");
  return { ...($schema === undefined ? {} : { $schema }), pins };
}

/**
 * The same content with one pin changed or added; the argument stays as it was.
 *
 * @throws SternaError `InvalidRelease` when the release is not a semantic version
 */
export function withPin(content: PinsFile, system: string, environment: string, release: string): PinsFile {
  if (!SEMANTIC_VERSION.test(release)) {
    throw new SternaError(
      "InvalidRelease",
      `cannot pin ${system} in ${environment} to "${release}": a release ${SEMANTIC_VERSION_RULE}`,
    );
  }
  return { ...content, pins: { ...content.pins, [system]: { ...content.pins[system], [environment]: release } } };
}

/**
 * Writes `releases.json` as two-space JSON. A reader sees the old file or the new one, never a part.
 *
 * @throws SternaError `FileUnwritable`; the old file is as it was
 */
export function writePins(file: string, { $schema, pins }: PinsFile): void {
  const unfinished = `${file}.${randomUUID()}.tmp`;
  try {
    writeFileSync(
      unfinished,
      `${JSON.stringify({ ...($schema === undefined ? {} : { $schema }), ...pins }, null, 2)}\n`,
    );
    renameSync(unfinished, file);
  } catch (cause) {
    rmSync(unfinished, { force: true });
    throw new SternaError("FileUnwritable", `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
