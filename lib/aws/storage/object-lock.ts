import type { IConstruct } from "constructs";
import {
  acknowledgement,
  type Acknowledgements,
  isAcknowledged,
  validateAcknowledgements,
} from "../../core/acknowledge";
import { type Duration, wholeDays } from "../../core/duration";
import { report } from "../../core/errors";

/**
 * How long a new version of an object can be neither deleted nor replaced. A bucket gets Object Lock when it is
 * created, and keeps it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export interface ObjectLock {
  /**
   * With `governance`, anyone with `s3:BypassGovernanceRetention` may delete early. With `compliance`, no one may, not
   * even the root user of the account; needs a reason for `ComplianceWithoutReason`.
   */
  readonly mode: "governance" | "compliance";

  /** Whole days, 1 to 36500. Terraform: `default_retention`. */
  readonly defaultRetention: Duration;

  /**
   * Why no one may delete an object early, for any reason. Required for `compliance`.
   * @default - `compliance` is refused
   */
  readonly acknowledge?: Acknowledgements<"ComplianceWithoutReason">;
}

const MAXIMUM_DAYS = 36_500;

/** @throws ValidationError `ObjectLockWithoutVersioning`, `ObjectLockOutOfRange`, `ComplianceWithoutReason` */
export function validateObjectLock(lock: ObjectLock, versioned: boolean, construct: IConstruct): void {
  if (!versioned) {
    report(
      construct,
      "ObjectLockWithoutVersioning",
      "objectLock protects versions, and the bucket keeps none (versioned: false). Remove one of the two.",
    );
  }
  const days = wholeDays(lock.defaultRetention, "objectLock.defaultRetention", construct);
  if (days < 1 || days > MAXIMUM_DAYS) {
    report(
      construct,
      "ObjectLockOutOfRange",
      `objectLock.defaultRetention is ${days} days; S3 takes 1 to ${MAXIMUM_DAYS} (100 years).`,
    );
  }
  if (lock.mode === "compliance" && !isAcknowledged(lock.acknowledge, "ComplianceWithoutReason")) {
    report(
      construct,
      "ComplianceWithoutReason",
      `objectLock.mode "compliance" lets nobody delete an object for ${days} days, and the bucket cannot be deleted before. ` +
        `Use "governance", or say why it must be so: ${acknowledgement("ComplianceWithoutReason")}.`,
    );
  } else validateAcknowledgements(lock.acknowledge, ["ComplianceWithoutReason"], construct, "objectLock");
}
