import type { ErrorCode } from "../core/error-codes";
import { type ShellCommand, shellCommands } from "./shell-commands";

/** Mistakes that `CommandStep` looks for. Each can be acknowledged with a reason. */
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

/** The code of a mistake that `CommandStep` looks for. */
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

  /** Whether only the script of a verification is looked at. */
  readonly verifyOnly?: true;
}

// All of these exit 0 after they failed, or do something else tomorrow.
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
    message: "sourcing an env file runs what is written in it; pass values with `environment`, or use an EnvFileStep",
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
 * Mistakes in a shell script that no exit status tells of.
 *
 * @param property which property holds the script, for messages
 * @param isVerify whether the answer of the script is compared
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
