import type { Construct } from "constructs";
import type { Duration } from "../core/duration";
import { ValidationError } from "../core/errors";
import type { Size } from "../core/size";
import type { TextInput } from "../core/references";
import { type CommandStepProps, CommandStep } from "../steps/command/step";

/** The properties that all preconditions leave open. */
export type PreconditionBase = Pick<CommandStepProps, "after" | "timeout" | "title">;

/**
 * A script that ends with an error when something does not hold, as a step that changes nothing.
 *
 * @param question script that ends with 0 when all is well
 * @param environment its values: they never stand in the script, so that no value is run
 */
function toPrecondition(question: string, environment: Readonly<Record<string, TextInput>>): CommandStepProps {
  return {
    phase: "expand",
    environmentVariables: environment,
    up: question,
    // The question changes nothing, so nothing is undone.
    down: "true",
    verify: [{ query: `${question}\necho holds`, expected: "holds" }],
  };
}

/** Properties of a `DiskSpaceCheck`. */
export interface DiskSpaceCheckProps extends PreconditionBase {
  /** Any directory of the file system: absolute, or relative to the stack's folder. It must exist. */
  readonly directory: TextInput;

  /** How much must be free for the account that runs Terraform. */
  readonly atLeast: Size;
}

// POSIX: with -P the fourth column of the second line is what is available, in blocks of 1,024 bytes with -k.
const DISK_SPACE_QUESTION = `available=$(df -Pk "$DIRECTORY" | awk 'NR == 2 { print $4 }')
if [ "$available" -lt "$KIBIBYTES" ]; then
  echo "$DIRECTORY has $available KiB free, and $KIBIBYTES KiB are needed" >&2
  exit 1
fi`;

/** A gate at run time: the steps after it do not begin before there is enough room. */
export class DiskSpaceCheck extends CommandStep {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, { directory, atLeast, ...base }: DiskSpaceCheckProps) {
    const kibibytes = Math.ceil(atLeast.toKibibytes({ integral: false }));
    super(scope, id, {
      ...toPrecondition(DISK_SPACE_QUESTION, { DIRECTORY: directory, KIBIBYTES: String(kibibytes) }),
      ...base,
    });
  }
}

/** Properties of a `RecentFileCheck`. */
export interface RecentFileCheckProps extends PreconditionBase {
  /** Directory of the backups: absolute, or relative to the stack's folder. Directories in it are looked into. */
  readonly directory: TextInput;

  /** How old the newest file may be, in whole minutes. */
  readonly youngerThan: Duration;
}

const RECENT_FILE_QUESTION = `newest=$(find "$DIRECTORY" -type f -size +0c -mmin "-$MINUTES" | sed -n 1p)
if [ -z "$newest" ]; then
  echo "no file in $DIRECTORY is younger than $MINUTES minutes and not empty" >&2
  exit 1
fi`;

/** A gate at run time: the steps after it do not begin before there is a backup that is young enough and not empty. */
export class RecentFileCheck extends CommandStep {
  /** @throws ValidationError `InvalidDuration`, what `Step` throws */
  constructor(scope: Construct, id: string, { directory, youngerThan, ...base }: RecentFileCheckProps) {
    const minutes = ValidationError.locate(scope, () => youngerThan.toMinutes());
    super(scope, id, {
      ...toPrecondition(RECENT_FILE_QUESTION, { DIRECTORY: directory, MINUTES: String(minutes) }),
      ...base,
    });
  }
}

/** Properties of a `MinimumVersionCheck`. */
export interface MinimumVersionCheckProps extends PreconditionBase {
  /** Program that says its version: a name on the PATH, or a path. */
  readonly program: string;

  /** Oldest version that will do: numbers with dots between them, such as `15.4`. */
  readonly atLeast: string;

  /**
   * Argument that makes the program say its version.
   * @default "--version"
   */
  readonly argument?: string;
}

// The first number with a dot in it is the version: `pg_dump (PostgreSQL) 15.4`, `Redis server v=7.0.15 sha=…`.
const VERSION_QUESTION = `found=$("$PROGRAM" "$ARGUMENT" 2>&1 | awk '!done && match($0, /[0-9]+(\\.[0-9]+)+/) { print substr($0, RSTART, RLENGTH); done = 1 }')
if [ -z "$found" ]; then
  echo "$PROGRAM $ARGUMENT prints no version" >&2
  exit 1
fi
oldest=$(printf '%s\\n%s\\n' "$AT_LEAST" "$found" | sort -V | sed -n 1p)
if [ "$oldest" != "$AT_LEAST" ]; then
  echo "$PROGRAM is $found, and $AT_LEAST or newer is needed" >&2
  exit 1
fi`;

/**
 * A gate at run time: the steps after it do not begin before a program is new enough. `pg_dump`, for one, refuses a server that is
 * newer than itself (PostgreSQL, "pg_dump", Notes).
 */
export class MinimumVersionCheck extends CommandStep {
  /** @throws ValidationError `InvalidStep`, what `Step` throws */
  constructor(scope: Construct, id: string, props: MinimumVersionCheckProps) {
    const { program, atLeast, argument = "--version", ...base } = props;
    const environment = { PROGRAM: program, ARGUMENT: argument, AT_LEAST: atLeast };
    super(scope, id, { ...toPrecondition(VERSION_QUESTION, environment), ...base });
    if (/^\d+(\.\d+)*$/.test(atLeast)) return;
    throw new ValidationError(
      "InvalidStep",
      `\`atLeast\` must be numbers separated by dots, such as "15.4", got "${atLeast}"`,
      this,
    );
  }
}
