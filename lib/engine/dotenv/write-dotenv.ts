import { parse } from "dotenv";
import { someOf } from "../../core/text";
import { EngineError } from "../engine-error";
import { findDefinitions, dotenvText, readDotenv } from "./read-dotenv";

/** A way to write a value down, and whether `dotenv.parse` then reads that same value whatever stands around it. */
interface Notation {
  readonly write: (value: string) => string;
  readonly fits: (value: string) => boolean;
}

/** Best first: single quotes mean the same to most readers. Backslashes escape nothing but `\n` and `\r` in double quotes. */
const NOTATIONS: readonly Notation[] = [
  { write: (value) => `'${value}'`, fits: (value) => fitsInto("'", value) && !value.includes("\r") },
  {
    write: (value) => `"${value.replaceAll("\r", "\\r")}"`,
    fits: (value) => fitsInto('"', value) && !/\\[nr]/.test(value),
  },
  { write: (value) => `\`${value}\``, fits: (value) => fitsInto("`", value) && !value.includes("\r") },
  {
    write: (value) => value,
    fits: (value) => value !== "" && value.trim() === value && !/^['"`]|[#\r\n\u2028\u2029]/.test(value),
  },
];

/** A quote inside must have a backslash before it, and the end none: otherwise a quote of another line could close it. */
function fitsInto(quote: string, value: string): boolean {
  return !new RegExp(`(?<!\\\\)${quote}`).test(value) && !value.endsWith("\\");
}

/**
 * The text of a dotenv file from which `dotenv.parse` reads exactly these variables.
 *
 * @throws EngineError `VariablesInvalid`, with the name and never the value, for what dotenv cannot represent: a value
 * with all three kinds of quotes and a line end or `#`, for one
 */
export function writeDotenv(variables: ReadonlyMap<string, string>): string {
  const text = [...variables].map(([name, value]) => `${checkName(name)}=${notate(name, value)}\n`).join("");
  const read = parse(text);
  const different = [...variables].filter(([name, value]) => read[name] !== value).map(([name]) => name);
  if (different.length > 0 || Object.keys(read).length !== variables.size) {
    throw unrepresentable(different.join(", "));
  }
  return text;
}

function checkName(name: string): string {
  if (!/^[\w.-]+$/.test(name) || name === "__proto__") {
    throw new EngineError("VariablesInvalid", `${JSON.stringify(name)} is no name that a dotenv file can define`);
  }
  return name;
}

function notate(name: string, value: string): string {
  const notation = NOTATIONS.find(({ fits }) => fits(value));
  // Half of a surrogate pair has no UTF-8.
  if (notation === undefined || Buffer.from(value).toString() !== value) throw unrepresentable(name);
  return notation.write(value);
}

function unrepresentable(name: string): EngineError {
  return new EngineError(
    "VariablesInvalid",
    `a dotenv file cannot hold the value of ${name} exactly, because of its quotes, backslashes or line ends; ` +
      "encode it (base64, for one) or move it to a secret store",
  );
}

/**
 * The text of a dotenv file with other values: everything around them stays, comments and order included. Of a variable
 * that is defined several times, every value that is not empty is replaced. Line ends become line feeds, unless all were
 * of Windows; a byte order mark goes.
 *
 * @param values new values by name; without quotes, backslashes and line ends
 * @param path names the file in messages
 * @throws EngineError `VariablesInvalid` if dotenv would not read exactly these values and the others as before
 */
export function replaceValues(content: Uint8Array, values: ReadonlyMap<string, string>, path: string): string {
  const text = dotenvText(content, path);
  let end = 0;
  let replaced = "";
  for (const { name, value, valueOffset } of findDefinitions(text)) {
    const written = values.get(name);
    if (written === undefined || value.trim() === "") continue;
    replaced += `${text.slice(end, valueOffset)}'${written}'`;
    end = valueOffset + value.trimEnd().length;
  }
  replaced += text.slice(end);
  assertRead(replaced, new Map([...readDotenv(content, path).variables, ...values]), path);
  const lineEnds =
    Buffer.from(content)
      .toString()
      .match(/\r?\n|\r/g) ?? [];
  return lineEnds.length > 0 && lineEnds.every((end) => end === "\r\n") ? replaced.replaceAll("\n", "\r\n") : replaced;
}

function assertRead(text: string, expected: ReadonlyMap<string, string>, path: string): void {
  const { variables } = readDotenv(Buffer.from(text), path);
  const names = new Set([...expected.keys(), ...variables.keys()]);
  const different = [...names].filter((name) => expected.get(name) !== variables.get(name));
  if (different.length === 0) return;
  throw new EngineError(
    "VariablesInvalid",
    `the values of ${path} cannot be replaced where they stand: ${someOf(different)} would be read differently; put the values into quotes, one definition a line`,
  );
}
