/** A simple command of a shell script. */
export interface ShellCommand {
  /** Name of the program, without its directory. */
  readonly program: string;

  /** Arguments, without quotes. */
  readonly words: readonly string[];

  /** Whether it reads what another command writes. */
  readonly piped: boolean;
}

/** What may stand before the name of a program. */
const PREFIX = /^([A-Za-z_]\w*=.*|if|then|elif|else|while|until|do|!|time|sudo|exec|env|command|nohup|\{)$/s;

/**
 * The simple commands of a POSIX shell script, those in `$(…)` included. It reads quotes, comments, continued lines and
 * here-documents as the shell does (POSIX.1-2017, Shell Command Language, 2.2, 2.3 and 2.7.4) and knows nothing of
 * functions and aliases: good enough to look for known mistakes, not to run anything.
 */
export function shellCommands(script: string): ShellCommand[] {
  const reader = new ShellReader(script);
  reader.readAll();
  return reader.commands;
}

class ShellReader {
  readonly commands: ShellCommand[] = [];
  private position = 0;
  private words: string[] = [];
  private word: string | undefined;
  private piped = false;
  private readonly hereDocuments: string[] = [];

  constructor(private readonly script: string) {}

  readAll(): void {
    while (this.position < this.script.length) this.readNext();
    this.endCommand(false);
  }

  private readNext(): void {
    const rest = this.script.slice(this.position, this.position + 2);
    const character = rest[0]!;
    if (rest === "\\\n") this.position += 2;
    else if (character === "\\") this.append(rest[1] ?? "", 2);
    else if (character === "'") this.readSingleQuoted();
    else if (character === '"') this.readDoubleQuoted();
    else if (rest === "$(" || character === "`") this.readSubstitution();
    else if (character === "#" && this.word === undefined) this.position = this.indexOf("\n");
    else if (rest === "<<") this.readHereDocument();
    else if (character === "\n") this.endLine();
    else if (";&|()".includes(character)) this.readOperator(rest);
    else if (/\s/.test(character)) this.endWord();
    else this.append(character, 1);
  }

  private append(text: string, length: number): void {
    this.word = (this.word ?? "") + text;
    this.position += length;
  }

  private readSingleQuoted(): void {
    const end = this.indexOf("'", this.position + 1);
    this.append(this.script.slice(this.position + 1, end), end + 1 - this.position);
  }

  private readDoubleQuoted(): void {
    this.append("", 1);
    while (this.position < this.script.length && this.script[this.position] !== '"') {
      const rest = this.script.slice(this.position, this.position + 2);
      if (rest[0] === "\\") this.append(rest[1] ?? "", 2);
      else if (rest === "$(" || rest[0] === "`") this.readSubstitution();
      else this.append(rest[0]!, 1);
    }
    this.position++;
  }

  private readSubstitution(): void {
    const opened = this.script[this.position] === "`" ? 1 : 2;
    const start = this.position + opened;
    const end = opened === 1 ? this.indexOf("`", start) : this.closingParenthesis(start);
    this.commands.push(...shellCommands(this.script.slice(start, end)));
    this.append("$(…)", end + 1 - this.position);
  }

  private closingParenthesis(start: number): number {
    let depth = 1;
    for (let index = start; index < this.script.length; index++) {
      const character = this.script[index];
      if (character === "\\") index++;
      else if (character === "'") index = this.indexOf("'", index + 1);
      else if (character === "(") depth++;
      else if (character === ")" && --depth === 0) return index;
    }
    return this.script.length;
  }

  private readHereDocument(): void {
    const redirection = /<<<|<<-?\s*(?:'([^'\n]*)'|"([^"\n]*)"|([^\s;&|()<>]+))?/y;
    redirection.lastIndex = this.position;
    const match = redirection.exec(this.script)!;
    const delimiter = match[1] ?? match[2] ?? match[3];
    if (delimiter !== undefined) this.hereDocuments.push(delimiter.replaceAll("\\", ""));
    this.endWord(match[0].length);
  }

  private readOperator(rest: string): void {
    const isPipe = rest[0] === "|" && rest !== "||";
    const isRedirection = rest[0] === "&" && (/[<>]/.test(rest[1] ?? "") || /[<>]$/.test(this.word ?? ""));
    if (isRedirection) return this.append("&", 1);
    this.endCommand(isPipe);
    this.position += ["||", "&&", "|&", ";;"].includes(rest) ? 2 : 1;
  }

  private endWord(length = 1): void {
    if (this.word !== undefined) this.words.push(this.word);
    this.word = undefined;
    this.position += length;
  }

  private endLine(): void {
    // A pipe may end a line: the command after it still reads from it.
    this.endCommand(this.piped && this.words.length === 0 && this.word === undefined);
    this.position++;
    for (const delimiter of this.hereDocuments.splice(0)) {
      const body = new RegExp(`^\\t*${delimiter.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`, "m");
      const end = body.exec(this.script.slice(this.position));
      this.position = end === null ? this.script.length : this.indexOf("\n", this.position + end.index);
    }
  }

  private endCommand(pipes: boolean): void {
    this.endWord(0);
    const start = this.words.findIndex((word) => !PREFIX.test(word));
    if (start >= 0) {
      const [program, ...words] = this.words.slice(start) as [string, ...string[]];
      this.commands.push({ program: program.slice(program.lastIndexOf("/") + 1), words, piped: this.piped });
    }
    this.words = [];
    this.piped = pipes;
  }

  private indexOf(text: string, from = this.position): number {
    const index = this.script.indexOf(text, from);
    return index < 0 ? this.script.length : index;
  }
}
