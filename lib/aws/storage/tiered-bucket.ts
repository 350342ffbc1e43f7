import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { Annotations, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { isAcknowledged } from "../../core/acknowledge";
import { checkProps } from "../../core/check-props";
import { collect, ValidationError } from "../../core/errors";
import {
  keepMovedResources,
  applyTransform,
  adoptResource,
  refuseTransformsWithoutChild,
} from "../../core/refactoring";
import { warnOfCosts } from "../../storage/cost-warnings";
import { refuseOtherLifecycleOwners, S3_LIFECYCLE_OWNERS } from "../../storage/lifecycle-owners";
import { prefixesOverlap } from "../../storage/lifecycle-rule";
import { addRequestedChildren } from "./bucket-children";
import { addSafety } from "./bucket-safety";
import { addTiering, intelligentTieringName } from "./bucket-tiering";
import { type BucketAccess, grantStatements, policyDocument } from "./policy-statements";
import { refuseUnfitDestinations, registerBucket } from "./other-buckets";
import type { TieredBucketProps, TieredBucketTransform } from "./tiered-bucket-props";
import { validateAwsTieredBucket } from "./tiered-bucket-validation";

/**
 * An S3 bucket that moves objects to colder, cheaper tiers with age: private, encrypted, versioned, TLS only, and
 * protected from destruction.
 *
 * Emits `aws_s3_bucket` and its versioning, encryption, public access block, ownership controls, policy, lifecycle and,
 * if requested, object lock, replication with its role, access logs, inventories, notifications, CORS and intelligent
 * tiering configuration. Whatever S3 would refuse at apply is refused at synthesis.
 */
export class TieredBucket extends Construct {
  /** The bucket. Prefer `bucketName` for references, which also waits for what makes the bucket safe. */
  readonly resource: S3Bucket;

  /**
   * Name of the bucket, known at plan. Resources that refer to it are created after the bucket is versioned, encrypted
   * and private, and destroyed before it, so no object is stored in an unsafe bucket.
   */
  readonly bucketName: string;

  /** ARN of the bucket. */
  readonly bucketArn: string;

  /** @throws ValidationError with one of the codes under "Validations" in `docs/constructs/storage.md` */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: TieredBucketProps,
  ) {
    super(scope, id);
    checkProps(this, "aws/TieredBucketProps", props);
    collect(this, () => validateAwsTieredBucket(props, this));
    this.resource = this.addBucket();
    this.bucketArn = this.resource.arn;
    // Unlike `id`, which is the same text, it is known before the bucket exists.
    const { bucket } = this.resource;
    const { versioning, ownership } = addSafety(this, bucket, this.bucketArn, props);
    this.bucketName = ownership.bucket;
    addTiering(this, bucket, versioning, props);
    const { kmsKeyArn, lifecycleRules = [], readAtOnce = [] } = props;
    addRequestedChildren(this, { bucket, bucketArn: this.bucketArn, kmsKeyArn, versioning }, props);

    adoptChildren(this, this.adoptedChildren(), (child) => this.importId(child));
    keepMovedResources(this, props.previously ?? []);
    refuseOtherLifecycleOwners(this, props.bucketName, S3_LIFECYCLE_OWNERS);
    registerBucket(this, props, { name: this.bucketName, arn: this.bucketArn });
    refuseUnfitDestinations(this, props);
    warnOfCosts({ lifecycleRules, readAtOnce, costOf: (tier) => tier.s3 }, this);
    refuseTransformsWithoutChild(this, props.transform, TRANSFORMED_CHILDREN);
  }

  /** Region of the bucket. */
  get bucketRegion(): string {
    return this.resource.region;
  }

  /**
   * Allows a role to list, read and decrypt objects, including old versions.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param roleName name of an IAM role of this account
   * @param prefix only objects whose key begins with this prefix; all when omitted
   */
  grantRead(id: string, roleName: string, prefix?: string): IamRolePolicy {
    for (const { id: rule, prefix: ruled, transitions = [] } of this.props.lifecycleRules ?? []) {
      const slow = transitions.find(({ tier }) => !tier.s3.readableAtOnce);
      if (!slow || !prefixesOverlap(ruled, prefix)) continue;
      Annotations.of(this).addWarning(
        `grant "${id}": reading objects that are older than ${slow.after.toDays()} days fails with InvalidObjectState until they are restored, since rule "${rule}" moves them to ${slow.tier}.`,
      );
    }
    return this.grant(id, roleName, ["read"], prefix);
  }

  /**
   * Allows a role to write and replace objects, but not to read or delete them.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param roleName name of an IAM role of this account
   * @param prefix only objects whose key begins with this prefix; all when omitted
   */
  grantWrite(id: string, roleName: string, prefix?: string): IamRolePolicy {
    return this.grant(id, roleName, ["write"], prefix);
  }

  /**
   * Allows a role to list, read and write objects, but not to delete them.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param roleName name of an IAM role of this account
   * @param prefix only objects whose key begins with this prefix; all when omitted
   */
  grantReadWrite(id: string, roleName: string, prefix?: string): IamRolePolicy {
    return this.grant(id, roleName, ["read", "write"], prefix);
  }

  /**
   * Allows a role to delete objects. Old versions stay until a rule removes them.
   *
   * @param id name of the grant, unique in the bucket: it becomes a Terraform address
   * @param roleName name of an IAM role of this account
   * @param prefix only objects whose key begins with this prefix; all when omitted
   */
  grantDelete(id: string, roleName: string, prefix?: string): IamRolePolicy {
    return this.grant(id, roleName, ["delete"], prefix);
  }

  private grant(id: string, roleName: string, access: readonly BucketAccess[], prefix?: string): IamRolePolicy {
    const statements = grantStatements({ bucketArn: this.bucketArn, kmsKeyArn: this.props.kmsKeyArn }, access, prefix);
    const config = { name: `${this.node.id}-${id}`, role: roleName, policy: policyDocument(statements) };
    return new IamRolePolicy(this, `Grant-${id}`, applyTransform(config, this.props.transform?.grant));
  }

  private addBucket(): S3Bucket {
    const { bucketName, forceDestroy = false, tags, objectLock, acknowledge, transform } = this.props;
    const config = {
      bucket: bucketName,
      forceDestroy,
      tags,
      // Omitted otherwise: it would replace a bucket that was created without it.
      ...(objectLock && { objectLockEnabled: true }),
      lifecycle: { preventDestroy: !isAcknowledged(acknowledge, "DestroyWithoutReason") },
    };
    return new S3Bucket(this, "Resource", applyTransform(config, transform?.bucket));
  }

  private adoptedChildren(): readonly string[] {
    const { adopt } = this.props;
    if (!adopt) return [];
    // A role is excluded because it is not part of the bucket: an existing one can have another name.
    const own = this.node.children.filter(
      (child) =>
        TerraformResource.isTerraformResource(child) && child.terraformResourceType.startsWith("aws_s3_bucket"),
    );
    return (adopt === true ? undefined : adopt.children) ?? own.map(({ node }) => node.id);
  }

  /** @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket#import and its siblings */
  private importId(child: string): string {
    const { intelligentTiering, adopt } = this.props;
    const bucketName = (typeof adopt === "object" ? adopt.id : undefined) ?? this.props.bucketName;
    if (child.startsWith("Inventory-")) return `${bucketName}:${child.slice("Inventory-".length)}`;
    if (child === "IntelligentTiering" && intelligentTiering) {
      return `${bucketName}:${intelligentTieringName(intelligentTiering)}`;
    }
    return bucketName;
  }
}

/** Which children each transform changes. */
const TRANSFORMED_CHILDREN: Readonly<Record<keyof TieredBucketTransform, RegExp>> = {
  bucket: /^Resource$/,
  versioning: /^Versioning$/,
  encryption: /^Encryption$/,
  publicAccessBlock: /^PublicAccessBlock$/,
  policy: /^Policy$/,
  ownership: /^Ownership$/,
  lifecycle: /^Lifecycle$/,
  intelligentTiering: /^IntelligentTiering$/,
  objectLock: /^ObjectLock$/,
  replicationRole: /^ReplicationRole$/,
  replicationRolePolicy: /^ReplicationRolePolicy$/,
  replication: /^Replication$/,
  accessLogs: /^AccessLogs$/,
  inventory: /^Inventory-/,
  notifications: /^Notifications$/,
  lambdaPermission: /^LambdaPermission-/,
  cors: /^Cors$/,
  grant: /^Grant-/,
};

/**
 * Lets Terraform adopt children of an existing bucket.
 *
 * @param children ids of the children
 * @param idOf id of a child, as documented by the provider for `terraform import`
 * @throws ValidationError `AdoptedChildMissing`
 */
function adoptChildren(scope: Construct, children: readonly string[], idOf: (child: string) => string): void {
  for (const id of children) {
    const child = scope.node.tryFindChild(id);
    if (!TerraformResource.isTerraformResource(child)) {
      const known = scope.node.children.map(({ node }) => node.id).join(", ");
      throw new ValidationError(
        "AdoptedChildMissing",
        `adopt names "${id}", and the declaration makes no such child. It makes ${known}.`,
        scope,
      );
    }
    adoptResource(child, idOf(id));
  }
}
