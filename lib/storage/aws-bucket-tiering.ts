import { S3BucketIntelligentTieringConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import { S3BucketLifecycleConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { applyTransform } from "../core/transform";
import type { AwsTieredBucketProps } from "./aws-tiered-bucket-props";
import type { IntelligentTieringArchive } from "./intelligent-tiering";
import { lifecycleConfigurationRules } from "./s3-lifecycle";

/** Makes the children that let objects grow colder. */
export function addTiering(
  scope: Construct,
  bucket: string,
  versioning: ITerraformDependable,
  props: AwsTieredBucketProps,
): void {
  const { transform = {}, intelligentTiering } = props;
  const rule = lifecycleConfigurationRules(props.lifecycleRules ?? [], props.abortIncompleteUploadsAfter);
  // S3 takes no configuration without rules.
  if (rule.length > 0) {
    new S3BucketLifecycleConfiguration(
      scope,
      "Lifecycle",
      applyTransform(
        {
          bucket,
          transitionDefaultMinimumObjectSize: props.transitionDefaultMinimumObjectSize ?? "all_storage_classes_128K",
          rule,
          // Rules about old versions are refused until the bucket keeps versions.
          dependsOn: [versioning],
        },
        transform.lifecycle,
      ),
    );
  }
  if (!intelligentTiering) return;
  new S3BucketIntelligentTieringConfiguration(
    scope,
    "IntelligentTiering",
    applyTransform({ bucket, ...intelligentTieringConfig(intelligentTiering) }, transform.intelligentTiering),
  );
}

/** Name of the configuration: one bucket can have several. */
export function intelligentTieringName({ name = "archive" }: IntelligentTieringArchive): string {
  return name;
}

function intelligentTieringConfig(archive: IntelligentTieringArchive) {
  const { prefix, archiveAfter, deepArchiveAfter } = archive;
  const tiering = [
    ...(archiveAfter ? [{ accessTier: "ARCHIVE_ACCESS", days: archiveAfter.toDays() }] : []),
    ...(deepArchiveAfter ? [{ accessTier: "DEEP_ARCHIVE_ACCESS", days: deepArchiveAfter.toDays() }] : []),
  ];
  return { name: intelligentTieringName(archive), filter: prefix === undefined ? undefined : { prefix }, tiering };
}
