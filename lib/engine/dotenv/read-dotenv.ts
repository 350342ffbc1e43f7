import { parse } from "dotenv";
import { someOf } from "../../core/text";
import { EngineError } from "../engine-error";

/** A dotenv file, read as the npm package `dotenv` reads it. Nothing in it is ever executed or expanded. */
export interface DotenvFile {
  /** Name and value, in the order of the file. Where a name is defined twice, the last value counts. */
  readonly variables: ReadonlyMap<string, string>;

  /** Names that are defined more than once. */
  readonly duplicates: readonly string[];

  /** What other readers of such files (shells, Docker Compose, `docker --env-file`) would make something else of, by name. */
  readonly ambiguities: ReadonlyMap<string, readonly string[]>;

  /** Every definition, also those that a later one replaces: its line, and what other readers would stumble over in it. */
  readonly definitions: readonly {
    readonly name: string;
    readonly line: number;
    readonly ambiguities: readonly string[];
  }[];

  /** Numbers, from 1, of the lines that are neither blank, nor a comment, nor part of a definition. */
  readonly ignoredLines: readonly number[];
}

/**
 * @param path names the file in messages
 * @throws EngineError `VariablesInvalid` for content that is not UTF-8 and for the name `__proto__`
 */
export function readDotenv(content: Uint8Array, path: string): DotenvFile {
  const text = dotenvText(content, path);
  const values = parse(text);
  const definitions = findDefinitions(text).map((definition) => ({
    name: definition.name,
    line: definition.line,
    ambiguities: ambiguitiesOf(definition),
  }));
  const names = new Set(definitions.map(({ name }) => name));
  const lost = [...names].filter((name) => !Object.hasOwn(values, name));
  if (lost.length > 0 || names.size !== Object.keys(values).length) {
    throw new EngineError("VariablesInvalid", `${path} defines what no program can read: ${someOf(lost)}; rename it`);
  }
  const count = new Map<string, number>();
  const ambiguities = new Map<string, readonly string[]>();
  for (const definition of definitions) {
    count.set(definition.name, (count.get(definition.name) ?? 0) + 1);
    const found = [...(ambiguities.get(definition.name) ?? []), ...definition.ambiguities];
    if (found.length > 0) ambiguities.set(definition.name, [...new Set(found)]);
  }
  return {
    variables: new Map([...names].map((name) => [name, values[name] as string])),
    duplicates: [...count].filter(([, times]) => times > 1).map(([name]) => name),
    ambiguities,
    definitions,
    ignoredLines: findIgnoredLines(text),
  };
}

/**
 * The text of a dotenv file, without byte order mark and with line feeds only.
 *
 * @throws EngineError `VariablesInvalid` for content that is not UTF-8
 */
export function dotenvText(content: Uint8Array, path: string): string {
  return decode(content, path).replace(/\r\n?/g, "\n");
}

function decode(content: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    throw new EngineError("VariablesInvalid", `${path} is not UTF-8; save it as UTF-8`, { cause });
  }
}

/** A definition, and where it stands. */
export interface LocatedDefinition extends Definition {
  /** Number, from 1, of the line of its name. */
  readonly line: number;

  /** Where its value begins in the text. */
  readonly valueOffset: number;
}

/**
 * A definition as dotenv 18 recognizes it, with the groups: everything before the value, the name, the value.
 * `dotenv.parse` tells no positions and no duplicates; the test holds this against it with random files.
 */
const DEFINITION =
  /^(\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?))(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?(\s*(?:#.*)?)$/gm;

/** The definitions of a text with line feeds only, as `parse` of dotenv finds them. */
export function findDefinitions(text: string): LocatedDefinition[] {
  let line = 1;
  let counted = 0;
  return [...text.matchAll(DEFINITION)].map((match) => {
    const assignment = match[1] as string;
    const nameOffset = match.index + assignment.search(/\S/);
    line += text.slice(counted, nameOffset).split("\n").length - 1;
    counted = nameOffset;
    return {
      name: match[2] as string,
      assignment,
      value: match[3] ?? "",
      rest: match[4] as string,
      line,
      valueOffset: match.index + assignment.length,
    };
  });
}

/** Numbers, from 1, of the lines that are neither blank, nor a comment, nor part of a definition. */
function findIgnoredLines(text: string): number[] {
  // Each definition leaves as many line ends as it had, so that the numbers of the other lines stay.
  const others = text.replace(DEFINITION, (definition) => definition.replace(/[^\n]/g, ""));
  return others.split("\n").flatMap((line, index) => (/^\s*(#.*)?$/.test(line) ? [] : [index + 1]));
}

/** A definition in a dotenv file: `assignment`, `value` and `rest` are its text. */
interface Definition {
  readonly name: string;

  /** Everything up to the value: `export NAME=`. */
  readonly assignment: string;

  /** With its quotes. */
  readonly value: string;

  /** A comment behind the value. */
  readonly rest: string;
}

/**
 * Why other readers may get another value than dotenv does. Seen in shells (`source .env`), Docker Compose 1.29, Node's
 * `util.parseEnv`, python-dotenv and dotenv-expand.
 */
function ambiguitiesOf({ name, assignment, value, rest }: Definition): string[] {
  const text = value.trim();
  const quote = /^['"`]/.exec(text)?.[0];
  const found: [boolean, string][] = [
    [!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name), "its name"],
    [/\s=|:\s*$/.test(assignment) || /^\s/.test(value), "no plain NAME=value"],
    [text.includes("$"), "$"],
    [text.includes("`"), "a backtick"],
    [text.includes("\\"), "a backslash"],
    [text.includes("\0"), "a NUL byte"],
    [quote !== undefined && text.includes("\n"), "several lines"],
    [quote === undefined && rest.includes("#"), "# without quotes"],
    [quote === undefined && /[\s&;|<>()*?~'"]/.test(text), "special characters without quotes"],
  ];
  return found.flatMap(([applies, why]) => (applies ? [why] : []));
}

/** A line that does not mean the same to everybody, and why. Holds no value. */
export interface DotenvTrap {
  /** From 1. */
  readonly line: number;

  /** Missing for a line that defines nothing. */
  readonly name?: string;
  readonly reasons: readonly string[];
}

/** What has to be reviewed before the file is taken for what dotenv reads, by line. */
export function trapsOf({ definitions, ignoredLines }: DotenvFile): DotenvTrap[] {
  const lastLine = new Map(definitions.map(({ name, line }) => [name, line]));
  const defined = definitions.map(({ name, line, ambiguities }) => {
    const last = lastLine.get(name) as number;
    return { line, name, reasons: [...ambiguities, ...(last > line ? [`defined again in line ${last}`] : [])] };
  });
  const ignored = ignoredLines.map((line) => ({ line, reasons: ["defines nothing"] }));
  return [...defined.filter(({ reasons }) => reasons.length > 0), ...ignored].sort((a, b) => a.line - b.line);
}
