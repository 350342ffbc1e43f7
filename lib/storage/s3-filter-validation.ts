import type { IConstruct } from "constructs";
import type { Fail } from "./lifecycle-failure";
import type { LifecycleRule } from "./lifecycle-rule";
import { validateKeyPrefix } from "./s3-validation";

const MAXIMUM_TAGS = 10;

/**
 * Refuses a filter that matches no object, or that S3 does not take.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html for the tags
 */
export function validateFilter(rule: LifecycleRule, fail: Fail, construct: IConstruct): void {
  validateKeyPrefix(rule.prefix, `Lifecycle rule "${rule.id}"`, construct);
  const { objectSizeGreaterThan: greater, objectSizeLessThan: less } = rule;
  if (greater && less && less.toBytes() <= greater.toBytes()) {
    fail(
      "EmptySizeRange",
      `no object is larger than ${greater} and smaller than ${less}. Make objectSizeLessThan the larger one.`,
    );
  }
  const tags = Object.entries(rule.objectTags ?? {});
  if (tags.length > MAXIMUM_TAGS) {
    fail("TooManyObjectTags", `filters by ${tags.length} objectTags, and an object has ${MAXIMUM_TAGS} at most.`);
  }
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || value.length > 256 || key.startsWith("aws:")) {
      fail(
        "InvalidObjectTag",
        `no object has the tag "${key}"="${value}": a key has 1 to 128 characters and does not begin with "aws:", a value has 256 at most.`,
      );
    }
  }
}
