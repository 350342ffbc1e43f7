import { rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { sha256 } from "../../manifest/checksum";
import { type DotenvFile, readDotenv } from "../../engine/dotenv/read-dotenv";
import { mapVariables } from "./map-variables";
import { writeDotenv } from "../../engine/dotenv/write-dotenv";
import { someOf } from "../../core/text";
import { EngineError } from "../../engine/engine-error";
import { readIfThere } from "../../core/read-file";
import { replaceFile, syncDirectory } from "../../core/replace-file";
import { describeText } from "../../manifest/text";
import type { StepContext, StepKind } from "../../engine/step-kind";
import { envProgram, type EnvProgram } from "./program";

/**
 * Writes a dotenv file from another one, with variables renamed, set and removed. Output contains only the names of
 * variables, never a value, and the source is only read.
 */
export const envKind: StepKind<EnvProgram> = {
  kind: "env",
  schema: envProgram,
  effectless: false,

  preview: (program) => [
    `write: ${describeText(program.to)} (mode 600) from ${describeText(program.from)}`,
    ...Object.entries(program.rename).map(([from, to]) => `rename: ${from} to ${to}`),
    ...list("set", Object.keys(program.set)),
    ...list("remove", program.remove),
    ...list("require", program.required),
  ],

  undo: (program) => [`undo: remove ${describeText(program.to)}`],

  loss: (_program, since) => `lost: nothing; a file that was edited ${since} is moved aside`,

  async up(program, context) {
    const { to } = paths(program, context);
    const source = await readSource(program, context);
    report(source, program, context);
    const variables = map(source, program, context);
    const content = writeDotenv(variables);
    const there = await readIfThere(to);
    if (there !== undefined && !there.equals(Buffer.from(content))) {
      throw new EngineError(
        "TargetConflict",
        `${to} exists and was not written by this step; move it away, or name another file`,
      );
    }
    await replaceFile(to, content);
    return { variables: variables.size, sha256: sha256(content) };
  },

  async verify(program, context, artifact) {
    const { from, to } = paths(program, context);
    const content = await readIfThere(to);
    if (content === undefined) return [{ query: `file ${to}`, expected: "exists", actual: "missing" }];
    if (artifact !== undefined && (await readIfThere(from)) === undefined) {
      // The old file was retired, as the guides recommend in the end.
      return [{ query: `sha256 of ${to}`, expected: String(artifact["sha256"]), actual: sha256(content) }];
    }
    const expected = map(await readSource(program, context), program, context);
    const { variables } = readDotenv(content, to);
    return [
      { query: `variables of ${to}`, expected: String(expected.size), actual: String(variables.size) },
      {
        query: `missing, extra or different variables of ${to}`,
        expected: "none",
        actual: differences(expected, variables),
      },
      { query: `mode of ${to}`, expected: "600", actual: ((await stat(to)).mode & 0o777).toString(8) },
    ];
  },

  async down(program, context, artifact) {
    const { to } = paths(program, context);
    const content = await readIfThere(to);
    if (content === undefined) return;
    const digest = sha256(content);
    if (digest === (artifact?.["sha256"] ?? (await expectedDigest(program, context)))) {
      await rm(to);
    } else if (artifact === undefined) {
      // The step stopped before it wrote the file; otherwise the content would match.
      context.progress(`left ${to} alone: this step did not write it`);
    } else {
      const aside = `${to}.edited-${digest.slice(0, 8)}`;
      await rename(to, aside);
      context.progress(`${to} was edited since it was written; moved it to ${aside}`);
    }
    await syncDirectory(dirname(to));
  },
};

function list(what: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${what}: ${names.join(", ")}`] : [];
}

function paths(program: EnvProgram, context: StepContext): { from: string; to: string } {
  const from = resolve(context.resolve(program.from));
  const to = resolve(context.resolve(program.to));
  if (from === to) {
    throw new EngineError(
      "InvalidProgram",
      `from and to are both ${to}; write to a new file, so that the old one stays`,
    );
  }
  return { from, to };
}

async function readSource(program: EnvProgram, context: StepContext): Promise<DotenvFile> {
  const { from, to } = paths(program, context);
  const content = await readIfThere(from);
  if (content === undefined) throw new EngineError("SourceMissing", `there is no file ${from}`);
  await assertTwoFiles(from, to);
  return readDotenv(content, from);
}

/** Two paths can refer to the same file through a link. */
async function assertTwoFiles(from: string, to: string): Promise<void> {
  const target = await stat(to).catch(() => undefined);
  const source = await stat(from);
  if (target !== undefined && target.ino === source.ino && target.dev === source.dev) {
    throw new EngineError(
      "InvalidProgram",
      `${to} is a link to ${from}; write to a new file, so that the old one stays`,
    );
  }
}

function map(source: DotenvFile, program: EnvProgram, context: StepContext): Map<string, string> {
  const set = Object.fromEntries(Object.entries(program.set).map(([name, value]) => [name, context.resolve(value)]));
  return mapVariables(source.variables, { ...program, set });
}

async function expectedDigest(program: EnvProgram, context: StepContext): Promise<string | undefined> {
  try {
    return sha256(writeDotenv(map(await readSource(program, context), program, context)));
  } catch {
    // A source that is missing or cannot be mapped was never written anywhere.
    return undefined;
  }
}

function report(source: DotenvFile, program: EnvProgram, context: StepContext): void {
  const say = (what: string, names: readonly string[]): void => {
    if (names.length > 0) context.progress(`${names.length} ${what}: ${someOf(names)}`);
  };
  const absent = [...Object.keys(program.rename), ...program.remove].filter((name) => !source.variables.has(name));
  say("defined more than once, the last value counts", source.duplicates);
  say(
    "read differently by other dotenv readers",
    [...source.ambiguities].map(([name, reasons]) => `${name} (${reasons.join(", ")})`),
  );
  say(
    "lines that define nothing and are dropped",
    source.ignoredLines.map((line) => `line ${line}`),
  );
  say("to be renamed or removed, but not there", absent);
}

function differences(expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): string {
  const names = new Set([...expected.keys(), ...actual.keys()]);
  const different = [...names].filter((name) => expected.get(name) !== actual.get(name));
  return different.length === 0 ? "none" : someOf(different);
}
