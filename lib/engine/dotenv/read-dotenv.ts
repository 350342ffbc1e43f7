import { parse } from "dotenv";
import { EngineError } from "../engine-error";
import { someOf } from "../some-of";
import { ambiguitiesOf } from "./ambiguities";

/** A dotenv file, read as the npm package `dotenv` reads it. Nothing in it is ever executed or expanded. */
export interface DotenvFile {
  /** Name and value, in the order of the file. Where a name is defined twice, the last value counts. */
  readonly variables: ReadonlyMap<string, string>;

  /** Names that are defined more than once. */
  readonly duplicates: readonly string[];

  /** What other readers of such files (shells, Docker Compose, `docker --env-file`) would make something else of, by name. */
  readonly ambiguities: ReadonlyMap<string, readonly string[]>;

  /** Numbers, from 1, of the lines that are neither blank, nor a comment, nor part of a definition. */
  readonly ignoredLines: readonly number[];
}

/**
 * A definition as dotenv 18 recognizes it, with the groups: everything before the value, the name, the value.
 * `dotenv.parse` tells no positions and no duplicates; the test holds this against it with random files.
 */
const DEFINITION =
  /^(\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?))(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?(\s*(?:#.*)?)$/gm;

/**
 * @param path names the file in messages
 * @throws EngineError `VariablesInvalid` for content that is not UTF-8 and for the name `__proto__`
 */
export function readDotenv(content: Uint8Array, path: string): DotenvFile {
  const text = decode(content, path).replace(/\r\n?/g, "\n");
  const values = parse(text);
  const definitions = [...text.matchAll(DEFINITION)].map((match) => ({
    name: match[2] as string,
    assignment: match[1] as string,
    value: match[3] ?? "",
    rest: match[4] as string,
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
    const found = [...(ambiguities.get(definition.name) ?? []), ...ambiguitiesOf(definition)];
    if (found.length > 0) ambiguities.set(definition.name, [...new Set(found)]);
  }
  return {
    variables: new Map([...names].map((name) => [name, values[name] as string])),
    duplicates: [...count].filter(([, times]) => times > 1).map(([name]) => name),
    ambiguities,
    ignoredLines: ignoredLines(text),
  };
}

function decode(content: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch (cause) {
    throw new EngineError("VariablesInvalid", `${path} is not UTF-8; save it as UTF-8`, { cause });
  }
}

function ignoredLines(text: string): number[] {
  // Each definition leaves as many line ends as it had, so that the numbers of the other lines stay.
  const others = text.replace(DEFINITION, (definition) => definition.replace(/[^\n]/g, ""));
  return others.split("\n").flatMap((line, index) => (/^\s*(#.*)?$/.test(line) ? [] : [index + 1]));
}
