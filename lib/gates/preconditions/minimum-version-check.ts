import type { Construct } from "constructs";
import { ValidationError } from "../../core/validation-error";
import { CommandStep } from "../../steps/command-step";
import { type PreconditionBase, toPrecondition } from "./precondition-script";

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
const QUESTION = `found=$("$PROGRAM" "$ARGUMENT" 2>&1 | awk '!done && match($0, /[0-9]+(\\.[0-9]+)+/) { print substr($0, RSTART, RLENGTH); done = 1 }')
if [ -z "$found" ]; then
  echo "$PROGRAM $ARGUMENT says no version" >&2
  exit 1
fi
oldest=$(printf '%s\\n%s\\n' "$AT_LEAST" "$found" | sort -V | sed -n 1p)
if [ "$oldest" != "$AT_LEAST" ]; then
  echo "$PROGRAM is $found, and $AT_LEAST or newer is needed" >&2
  exit 1
fi`;

/**
 * An R gate: the steps after it do not begin before a program is new enough. `pg_dump`, for one, refuses a server that is
 * newer than itself (PostgreSQL, "pg_dump", Notes).
 */
export class MinimumVersionCheck extends CommandStep {
  /** @throws ValidationError `InvalidStep`, what `Step` throws */
  constructor(scope: Construct, id: string, props: MinimumVersionCheckProps) {
    const { program, atLeast, argument = "--version", ...base } = props;
    const environment = { PROGRAM: program, ARGUMENT: argument, AT_LEAST: atLeast };
    super(scope, id, { ...toPrecondition(QUESTION, environment), ...base });
    if (/^\d+(\.\d+)*$/.test(atLeast)) return;
    throw new ValidationError(
      "InvalidStep",
      `\`atLeast\` must be numbers with dots between them, such as "15.4", got "${atLeast}"`,
      this,
    );
  }
}
