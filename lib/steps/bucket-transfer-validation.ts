import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { ValidationError } from "../core/validation-error";
import type { TransferPlace } from "../engine/program";
import type { BucketTransferProps } from "./bucket-transfer-props";

/**
 * Refuses what could only go wrong, before anything is copied.
 *
 * @throws ValidationError `TransferIntoItself`, `TransferLosesTags`, `InvalidTransfer`
 */
export function validateBucketTransfer(props: BucketTransferProps, transfer: IConstruct): void {
  const { from, to, tags, retire = false, cutOver } = props;
  if (overlap(from, to)) {
    throw new ValidationError(
      "TransferIntoItself",
      `source and target hold the same objects, ${JSON.stringify(from)} and ${JSON.stringify(to)}; give the target another bucket, prefix or directory`,
      transfer,
    );
  }
  if (tags === "carry" && !(from.store === "s3" && to.store === "s3")) {
    throw new ValidationError(
      "TransferLosesTags",
      `tags cannot be carried from ${from.store} to ${to.store}: only S3 has tags of objects. Write tags: "leave", or tags: "refuse" to be told of them`,
      transfer,
    );
  }
  if (retire && cutOver === undefined) {
    throw new ValidationError(
      "InvalidTransfer",
      "`retire` deletes from the source, which the application still reads: there is no `cutOver`. Write cutOver: { switch: […] }, or leave `retire` out",
      transfer,
    );
  }
  if (cutOver !== undefined && cutOver.switch.length === 0) {
    throw new ValidationError(
      "InvalidTransfer",
      "`cutOver.switch` is empty, so the application would go on with the source; write at least one action, or leave `cutOver` out",
      transfer,
    );
  }
}

/** Whether one place is inside of the other. Only said of what is known at synth. */
function overlap(from: TransferPlace, to: TransferPlace): boolean {
  if (from.store === "directory" && to.store === "directory") {
    return within(`${known(from.path)}/`, `${known(to.path)}/`);
  }
  if (from.store === "directory" || to.store === "directory" || from.store !== to.store) return false;
  return known(from.bucket) === known(to.bucket) && within(from.prefix, to.prefix);
}

function within(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}

/** References to one variable are equal; a value that only Terraform knows equals itself. */
function known(value: unknown): string {
  return isUnresolved(value) ? String(value) : JSON.stringify(value).replace(/\/*"$/, "");
}
