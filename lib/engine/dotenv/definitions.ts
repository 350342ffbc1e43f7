import type { Definition } from "./ambiguities";

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
export function findIgnoredLines(text: string): number[] {
  // Each definition leaves as many line ends as it had, so that the numbers of the other lines stay.
  const others = text.replace(DEFINITION, (definition) => definition.replace(/[^\n]/g, ""));
  return others.split("\n").flatMap((line, index) => (/^\s*(#.*)?$/.test(line) ? [] : [index + 1]));
}
