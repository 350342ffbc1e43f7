import type { Construct } from "constructs";
import type { Duration } from "../../core/duration";
import { ValidationError } from "../../core/validation-error";
import type { Text } from "../../engine/text";
import { CommandStep } from "../../steps/command-step";
import { type PreconditionBase, toPrecondition } from "./precondition-script";

/** Properties of a `RecentFileCheck`. */
export interface RecentFileCheckProps extends PreconditionBase {
  /** Directory of the backups: absolute, or relative to the stack's folder. Directories in it are looked into. */
  readonly directory: Text;

  /** How old the newest file may be, in whole minutes. */
  readonly youngerThan: Duration;
}

const QUESTION = `newest=$(find "$DIRECTORY" -type f -size +0c -mmin "-$MINUTES" | sed -n 1p)
if [ -z "$newest" ]; then
  echo "no file in $DIRECTORY is younger than $MINUTES minutes and not empty" >&2
  exit 1
fi`;

/** An R gate: the steps after it do not begin before there is a backup that is young enough and not empty. */
export class RecentFileCheck extends CommandStep {
  /** @throws ValidationError `InvalidDuration`, what `Step` throws */
  constructor(scope: Construct, id: string, { directory, youngerThan, ...base }: RecentFileCheckProps) {
    const minutes = ValidationError.locate(scope, () => youngerThan.toMinutes());
    super(scope, id, { ...toPrecondition(QUESTION, { DIRECTORY: directory, MINUTES: String(minutes) }), ...base });
  }
}
