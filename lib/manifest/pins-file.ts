import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { IDENTIFIER, IDENTIFIER_RULE, SEMANTIC_VERSION, SEMANTIC_VERSION_RULE } from "../core/names";
import { describeIssues, readJsonFile } from "../core/read-json-file";
import { SternaError } from "../core/errors";
import { writeWholeFile } from "../core/replace-file";
import { parseJson } from "../core/text";
import { rolloutState, type RolloutState } from "./rollout";

const identifier = z.string().regex(IDENTIFIER, `must be ${IDENTIFIER_RULE}`);

const version = z.string().regex(SEMANTIC_VERSION, SEMANTIC_VERSION_RULE);

/** The release that runs in an environment, and the state of its rollout if there are two colors. */
const pin = z.union([version, z.strictObject({ release: version, rollout: rolloutState })], {
  error: ({ input }) =>
    typeof input === "number" ? `is a number; write "${asVersion(input)}" in quotes` : SEMANTIC_VERSION_RULE,
});

/** `1.1.0` for 1.1: what the author meant but did not quote. */
function asVersion(value: number): string {
  const [major = "0", minor = "0"] = String(value).split(".");
  return `${major}.${minor}.0`;
}

/** Example for the message when the file is missing. */
const EXAMPLE = '{ "shop": { "development": "1.0.0", "staging": "1.0.0" } }';

/** Schema of `releases.json`: system, then environment, then the release that runs there. */
export const pinsFile = z
  .object({ $schema: z.string().optional() })
  .catchall(z.record(identifier, pin))
  .superRefine((file, context) => {
    for (const system of Object.keys(file)) {
      if (system !== "$schema" && !IDENTIFIER.test(system)) {
        context.addIssue({ code: "custom", path: [system], message: `a system's name must be ${IDENTIFIER_RULE}` });
      }
    }
  });

/** Which release each environment runs: system, then environment, then release. */
export type PinTable = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** State of the rollouts: system, then environment. Without an entry, a system has no colors there. */
export type RolloutTable = Readonly<Record<string, Readonly<Record<string, RolloutState>>>>;

/** The content of `releases.json`, in the order of the file. */
export interface PinsFile {
  /**
   * Where editors find the JSON schema.
   * @default - the file names none
   */
  readonly $schema?: string;

  /** Which release each environment runs. */
  readonly pins: PinTable;

  /** State of the rollouts. */
  readonly rollouts: RolloutTable;
}

/**
 * Reads `releases.json`.
 *
 * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidPins`
 */
export function readPins(file: string): PinsFile {
  return toContent(readJsonFile(file, pinsFile, "InvalidPins", EXAMPLE));
}

function toContent({ $schema, ...systems }: z.output<typeof pinsFile>): PinsFile {
  const pins: Record<string, Record<string, string>> = {};
  const rollouts: Record<string, Record<string, RolloutState>> = {};
  for (const [system, environments] of Object.entries(systems)) {
    pins[system] = {};
    for (const [environment, pin] of Object.entries(environments)) {
      pins[system][environment] = typeof pin === "string" ? pin : pin.release;
      if (typeof pin !== "string") (rollouts[system] ??= {})[environment] = pin.rollout;
    }
  }
  return { ...($schema === undefined ? {} : { $schema }), pins, rollouts };
}

/**
 * Variable in which `sterna` passes proposed content of `releases.json` to the app while it tries a pin: JSON with the
 * path of the file and its content. The app reads it instead of the file.
 */
export const TRIED_PINS = "STERNA_PINS";

const tried = z.strictObject({ file: z.string(), content: pinsFile });

/** The value of the variable for proposed content. */
export function triedPins(file: string, content: PinsFile): string {
  return JSON.stringify({ file: samePath(file), content: fileContent(content) });
}

/**
 * Reads `releases.json`, or the content that `sterna` tries instead.
 *
 * @param environment variables of the process
 * @throws SternaError `FileUnreadable`, `FileNotJson` with line and column, `InvalidPins`
 */
export function readPinsOrTried(file: string, environment: NodeJS.ProcessEnv): PinsFile {
  const text = environment[TRIED_PINS];
  if (text === undefined || text === "") return readPins(file);
  const found = tried.safeParse(parseJson(text));
  if (!found.success) {
    throw new SternaError(
      "InvalidPins",
      `${TRIED_PINS} is invalid; only sterna sets it, so unset it:\n${describeIssues(found.error)}`,
    );
  }
  return found.data.file === samePath(file) ? toContent(found.data.content) : readPins(file);
}

/** The same for all names of one file. */
function samePath(file: string): string {
  const path = resolve(file);
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * A copy of the content with one pin changed or added.
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

/** A copy of the content with one rollout changed or added. */
export function withRollout(content: PinsFile, system: string, environment: string, rollout: RolloutState): PinsFile {
  const { [system]: others } = content.rollouts;
  return { ...content, rollouts: { ...content.rollouts, [system]: { ...others, [environment]: rollout } } };
}

/** `releases.json` as two-space JSON. */
export function pinsText(content: PinsFile): string {
  return `${JSON.stringify(fileContent(content), null, 2)}\n`;
}

function fileContent({ $schema, pins, rollouts }: PinsFile): Readonly<Record<string, unknown>> {
  const systems = mapValues(pins, (environments, system) =>
    mapValues(environments, (release, environment) => {
      const rollout = rollouts[system]?.[environment];
      return rollout === undefined ? release : { release, rollout };
    }),
  );
  return { ...($schema === undefined ? {} : { $schema }), ...systems };
}

/**
 * Writes `releases.json` as two-space JSON, and keeps its permissions. A reader sees the old file or the new one, never
 * a part, even after a power failure.
 *
 * @throws SternaError `FileUnwritable`; the old file is unchanged
 */
export function writePins(file: string, content: PinsFile): void {
  // A link is kept; its target is replaced.
  writeWholeFile(samePath(file), pinsText(content), { mode: 0o666, keepMode: true, folderMode: "none" });
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
