import type { Construct } from "constructs";
import type { Size } from "../../core/size";
import type { Text } from "../../engine/text";
import { CommandStep } from "../../steps/command-step";
import { type PreconditionBase, toPrecondition } from "./precondition-script";

/** Properties of a `DiskSpaceCheck`. */
export interface DiskSpaceCheckProps extends PreconditionBase {
  /** Any directory of the file system: absolute, or relative to the stack's folder. It must exist. */
  readonly directory: Text;

  /** How much must be free for the account that runs Terraform. */
  readonly atLeast: Size;
}

// POSIX: with -P the fourth column of the second line is what is available, in blocks of 1,024 bytes with -k.
const QUESTION = `available=$(df -Pk "$DIRECTORY" | awk 'NR == 2 { print $4 }')
if [ "$available" -lt "$KIBIBYTES" ]; then
  echo "$DIRECTORY has $available KiB free, and $KIBIBYTES KiB are needed" >&2
  exit 1
fi`;

/** An R gate: the steps after it do not begin before there is enough room. */
export class DiskSpaceCheck extends CommandStep {
  /** @throws ValidationError what `Step` throws */
  constructor(scope: Construct, id: string, { directory, atLeast, ...base }: DiskSpaceCheckProps) {
    const kibibytes = Math.ceil(atLeast.toKibibytes({ integral: false }));
    super(scope, id, { ...toPrecondition(QUESTION, { DIRECTORY: directory, KIBIBYTES: String(kibibytes) }), ...base });
  }
}
