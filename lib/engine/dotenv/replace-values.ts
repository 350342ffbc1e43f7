import { EngineError } from "../engine-error";
import { someOf } from "../some-of";
import { findDefinitions } from "./definitions";
import { dotenvText, readDotenv } from "./read-dotenv";

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
