import { parse } from "dotenv";
import { EngineError } from "../engine-error";
import { someOf } from "../some-of";
import { ambiguitiesOf } from "./ambiguities";
import { findDefinitions, findIgnoredLines } from "./definitions";

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
