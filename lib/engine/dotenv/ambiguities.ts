/** A definition in a dotenv file: `assignment`, `value` and `rest` are its text. */
export interface Definition {
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
export function ambiguitiesOf({ name, assignment, value, rest }: Definition): string[] {
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
