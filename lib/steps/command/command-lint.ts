import type { ErrorCode } from "../../core/error-codes";

/** Mistakes that `CommandStep` checks for. Each can be acknowledged with a reason. */
export const COMMAND_LINTS = [
  "PsqlContinuesOnError",
  "CurlIgnoresHttpErrors",
  "RedisCliIgnoresErrors",
  "EnvFileSourced",
  "GitBranchDeployed",
  "RemovesOutsideDirectory",
  "ComposeVersionOne",
  "VerifyCountsLines",
  "VerifyFollowsLog",
] as const satisfies readonly ErrorCode[];

/** The code of a mistake that `CommandStep` checks for. */
export type CommandLint = (typeof COMMAND_LINTS)[number];

/** A mistake in a script. */
export interface CommandFinding {
  readonly code: CommandLint;

  /** What is wrong, and what to write instead. */
  readonly message: string;
}

interface Rule {
  readonly finds: (command: ShellCommand, isLast: boolean) => boolean;
  readonly message: string;

  /** Whether the rule applies only to verification scripts. */
  readonly verifyOnly?: true;
}

// All of these exit 0 after a failure, or behave differently tomorrow.
const RULES: Record<CommandLint, Rule> = {
  PsqlContinuesOnError: {
    finds: ({ program, words }) => program === "psql" && !words.some((word) => word.includes("ON_ERROR_STOP=")),
    message: "`psql` goes on after an error and exits 0; write psql -X -v ON_ERROR_STOP=1, or use an SqlStep",
  },
  CurlIgnoresHttpErrors: {
    finds: ({ program, words }) =>
      program === "curl" && !words.some((word) => /^(--fail(-with-body)?|-[A-Za-z#]*f[A-Za-z]*)$/.test(word)),
    message: "`curl` exits 0 on HTTP 500; write curl -fsS --max-time 10 --retry 3, or use an HttpStep",
  },
  RedisCliIgnoresErrors: {
    finds: ({ program, words }) => program === "redis-cli" && !words.includes("-e"),
    message: "`redis-cli` exits 0 on an error reply; write redis-cli -e",
  },
  EnvFileSourced: {
    finds: ({ program, words }) =>
      (program === "source" || program === ".") && /(^|\/)[^/]*\.env(\.[^/]*)?$/.test(words[0] ?? ""),
    message:
      "sourcing an env file runs what is written in it; pass values with `environmentVariables`, or use an EnvFileStep",
  },
  GitBranchDeployed: {
    finds: ({ program, words }) => program === "git" && isBranch(words.filter((word) => !word.startsWith("-"))),
    message: "a branch is another commit tomorrow; write git checkout --detach <tag or commit>",
  },
  RemovesOutsideDirectory: {
    finds: ({ program, words }) => program === "rm" && isRecursive(words) && words.some(mayLeaveDirectory),
    message:
      'this may remove what lies outside the step\'s directory; name a relative path, or guard a variable: "${DIR:?}/old"',
  },
  ComposeVersionOne: {
    finds: ({ program }) => program === "docker-compose",
    message:
      "`docker-compose` version 1 prints its usage and exits 0 on options that it does not know; write docker compose",
  },
  VerifyCountsLines: {
    finds: ({ program, words, piped }, isLast) => isLast && piped && program === "wc" && words.includes("-l"),
    message: "`| wc -l` counts what a failed command did not write; ask the store for the count",
    verifyOnly: true,
  },
  VerifyFollowsLog: {
    finds: ({ program, words }) =>
      FOLLOWERS.has(program) && words.some((word) => /^(-[a-zA-Z]*[fF]|--follow(=.*)?)$/.test(word)),
    message: "following a log never ends; ask for a bounded piece of it: --since 10m",
    verifyOnly: true,
  },
};

const FOLLOWERS = new Set(["tail", "journalctl", "kubectl", "docker", "docker-compose", "aws", "podman"]);

/**
 * Mistakes in a shell script that no exit status reveals.
 *
 * @param property name of the property with the script, for messages
 * @param isVerify whether the output of the script is compared
 */
export function lintCommands(script: string, property: string, isVerify: boolean): CommandFinding[] {
  const commands = shellCommands(script);
  return COMMAND_LINTS.filter((code) => {
    const { finds, verifyOnly } = RULES[code];
    return (
      (isVerify || !verifyOnly) && commands.some((command, index) => finds(command, index === commands.length - 1))
    );
  }).map((code) => ({ code, message: `\`${property}\`: ${RULES[code].message}` }));
}

function isBranch([subcommand, target]: readonly string[]): boolean {
  if (subcommand === "pull") return true;
  const isMove = subcommand === "checkout" || subcommand === "switch" || subcommand === "reset";
  return isMove && /^((origin\/)?(main|master|develop|trunk|staging|production)|HEAD[~^].*)$/.test(target ?? "");
}

function isRecursive(words: readonly string[]): boolean {
  return words.some((word) => word === "--recursive" || /^-[a-zA-Z]*[rR]/.test(word));
}

function mayLeaveDirectory(word: string): boolean {
  if (word.startsWith("-")) return false;
  const unguarded = word.replace(/\$\{\w+:?\?[^}]*\}/g, "");
  return (
    /^(\/|~)/.test(word) || /(^|\/)\.\.(\/|$)/.test(word) || unguarded.includes("$") || word === "." || word === "*"
  );
}

/** A simple command of a shell script. */
interface ShellCommand {
  /** Name of the program, without its directory. */
  readonly program: string;

  /** Arguments, unquoted. */
  readonly words: readonly string[];

  /** Whether it reads the output of another command. */
  readonly piped: boolean;
}

/** What may precede the name of a program. */
const PREFIX = /^([A-Za-z_]\w*=.*|if|then|elif|else|while|until|do|!|time|sudo|exec|env|command|nohup|\{)$/s;

/**
 * The simple commands of a POSIX shell script, including those in `$(…)`. Handles quotes, comments, line continuations
 * and here-documents as the shell does (POSIX.1-2017, Shell Command Language, 2.2, 2.3 and 2.7.4), but not functions
 * and aliases: good enough to find known mistakes, but not to run anything.
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
    // A line may end with a pipe, which the next command reads from.
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
