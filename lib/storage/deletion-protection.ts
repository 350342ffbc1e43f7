import type { IConstruct } from "constructs";
import { ValidationError } from "../core/validation-error";

/** What a bucket says about being destroyed. */
export interface Destruction {
  readonly allowDestroy?: string;
  readonly forceDestroy?: boolean;
}

/** @throws ValidationError `DestroyWithoutReason`, `ForceDestroyNotAllowed` */
export function validateDestruction({ allowDestroy, forceDestroy }: Destruction, construct: IConstruct): void {
  if (allowDestroy !== undefined && !allowDestroy.trim()) {
    throw new ValidationError(
      "DestroyWithoutReason",
      "allowDestroy is empty. Say why the bucket may be destroyed, or leave it out.",
      construct,
    );
  }
  if (forceDestroy && allowDestroy === undefined) {
    throw new ValidationError(
      "ForceDestroyNotAllowed",
      "forceDestroy deletes all objects with the bucket, and the bucket is protected. " +
        'Say why it may be destroyed, allowDestroy: "...", or remove forceDestroy.',
      construct,
    );
  }
}
