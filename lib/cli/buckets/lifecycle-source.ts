import type { LifecycleRule as S3LifecycleRule, TransitionStorageClass } from "@aws-sdk/client-s3";
import { SternaError } from "../../core/sterna-error";
import { Tier } from "../../storage/tier";
import { Expression } from "./source-text";

const days = (amount: number) => new Expression(`Duration.days(${amount})`);
const bytes = (amount: number | undefined) =>
  amount === undefined ? undefined : new Expression(`Size.bytes(${amount})`);

/**
 * An entry of `lifecycleRules` that says the same as a rule of S3.
 *
 * @throws SternaError `BucketNotExpressible` where no entry does
 */
export function lifecycleRuleSource(rule: S3LifecycleRule, bucket: string): Record<string, unknown> {
  const id = rule.ID ?? "";
  const refuse = (what: string): never => {
    throw new SternaError(
      "BucketNotExpressible",
      `bucket "${bucket}": lifecycle rule "${id}" ${what}, which lifecycleRules cannot say. Change the rule, or write the declaration by hand with transform.lifecycle.`,
    );
  };
  const { Expiration: expiration, Filter: filter = {}, NoncurrentVersionExpiration: noncurrent } = rule;
  if (expiration?.Date || rule.Transitions?.some(({ Date }) => Date)) refuse("acts on a date");
  const tags = [...(filter.Tag ? [filter.Tag] : []), ...(filter.And?.Tags ?? [])];
  const transitions = rule.Transitions?.map(({ Days, StorageClass }) => ({
    tier: tierOf(StorageClass, refuse),
    after: days(Days ?? 0),
  }));
  const noncurrentTransitions = rule.NoncurrentVersionTransitions?.map((transition) => {
    if (transition.NewerNoncurrentVersions !== undefined) refuse("keeps some old versions from moving");
    return { tier: tierOf(transition.StorageClass, refuse), after: days(transition.NoncurrentDays ?? 0) };
  });
  const archives = rule.Transitions?.some(
    ({ StorageClass }) => StorageClass === "GLACIER" || StorageClass === "DEEP_ARCHIVE",
  );
  return {
    id,
    enabled: rule.Status === "Disabled" ? false : undefined,
    prefix: (filter.Prefix ?? filter.And?.Prefix ?? rule.Prefix) || undefined,
    objectTags: tags.length > 0 ? Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) : undefined,
    objectSizeGreaterThan: bytes(filter.ObjectSizeGreaterThan ?? filter.And?.ObjectSizeGreaterThan),
    objectSizeLessThan: bytes(filter.ObjectSizeLessThan ?? filter.And?.ObjectSizeLessThan),
    transitions,
    expireAfter: expiration?.Days === undefined ? undefined : days(expiration.Days),
    removeExpiredDeleteMarkers: expiration?.ExpiredObjectDeleteMarker || undefined,
    noncurrentTransitions,
    expireNoncurrentVersionsAfter:
      noncurrent?.NoncurrentDays === undefined ? undefined : days(noncurrent.NoncurrentDays),
    keepNoncurrentVersions: noncurrent?.NewerNoncurrentVersions,
    abortIncompleteUploadsAfter:
      rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation === undefined
        ? undefined
        : days(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation),
    allowRetrievalDelay: archives ? "it was so when the bucket was adopted" : undefined,
  };
}

function tierOf(storageClass: TransitionStorageClass | undefined, refuse: (what: string) => never): Expression {
  const tier = Tier.all.find(({ s3 }) => s3.id === storageClass);
  return tier === undefined ? refuse(`moves objects to ${storageClass}`) : new Expression(tier.toString());
}
