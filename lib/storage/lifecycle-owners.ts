import { DefaultTokenResolver, StringConcat, TerraformResource, TerraformStack, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";
import { isUnresolved } from "../core/tokens";
import { checkTree, ValidationError } from "../core/errors";

/** The resource types of a cloud that control the lifecycle of a bucket. */
export interface LifecycleOwners {
  /** Type of the bucket, such as `aws_s3_bucket`. */
  readonly bucketType: string;
  /** Getter of the bucket's class for its configured name. */
  readonly nameInput: "bucketInput" | "nameInput";
  /** Type that sets the lifecycle of the bucket in its argument `bucket`. Absent if buckets do so themselves. */
  readonly lifecycleType?: string;
}

export const S3_LIFECYCLE_OWNERS: LifecycleOwners = {
  bucketType: "aws_s3_bucket",
  nameInput: "bucketInput",
  lifecycleType: "aws_s3_bucket_lifecycle_configuration",
};

export const GCS_LIFECYCLE_OWNERS: LifecycleOwners = { bucketType: "google_storage_bucket", nameInput: "nameInput" };

/** Getters of the bindings for their configured arguments. */
type Inputs = Partial<Record<"bucketInput" | "nameInput" | "lifecycleRuleInput", unknown>>;

/**
 * Refuses, at synthesis, any other resource in the whole app that controls the lifecycle of this bucket: each apply
 * would overwrite the rules of the other.
 *
 * @see https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket_lifecycle_configuration
 *   ("multiple … will cause a perpetual difference")
 */
export function refuseOtherLifecycleOwners(owner: IConstruct, bucketName: string, types: LifecycleOwners): void {
  checkTree(owner, () => {
    const owners = ownersIn(owner.node.root, types).get(bucketName) ?? [];
    const other = owners.find((one) => !one.node.scopes.includes(owner));
    if (other === undefined) return;
    throw new ValidationError(
      "LifecycleOwnedTwice",
      `the lifecycle of "${bucketName}" is also decided by ${other.node.path} (${other.terraformResourceType}): each apply would overwrite the rules of the other. ` +
        "Move its rules into lifecycleRules, and remove it.",
      owner,
    );
  });
}

type OwnersByBucket = Map<string, TerraformResource[]>;

const found = new WeakMap<IConstruct, Map<string, OwnersByBucket>>();

/** Searches the tree once for all of its buckets. */
function ownersIn(root: IConstruct, types: LifecycleOwners): OwnersByBucket {
  const known = found.get(root) ?? new Map<string, OwnersByBucket>();
  const before = known.get(types.bucketType);
  if (before !== undefined) return before;
  const owners: OwnersByBucket = new Map();
  for (const resource of root.node.findAll().filter((one) => TerraformResource.isTerraformResource(one))) {
    const bucket = ownedBucket(resource, types);
    if (bucket !== undefined) owners.set(bucket, [...(owners.get(bucket) ?? []), resource]);
  }
  found.set(root, known.set(types.bucketType, owners));
  // All validations of a synthesis run synchronously. Afterwards the tree may change.
  queueMicrotask(() => found.delete(root));
  return owners;
}

/** Name of the bucket whose lifecycle a resource controls. */
function ownedBucket(resource: TerraformResource, types: LifecycleOwners): string | undefined {
  if (resource.terraformResourceType === types.bucketType) {
    const ruled = types.lifecycleType === undefined || (resource as Inputs).lifecycleRuleInput !== undefined;
    return ruled ? nameOf(resource, types) : undefined;
  }
  if (resource.terraformResourceType !== types.lifecycleType) return undefined;
  const bucket = written(resource, (resource as Inputs).bucketInput);
  const id = /^\$\{aws_s3_bucket\.([\w-]+)\.(?:bucket|id)\}$/.exec(bucket ?? "")?.[1];
  if (id === undefined) return bucket;
  // Nearly always its own parent.
  const near = resource.node.scope && bucketsIn(resource.node.scope, types).get(id);
  const referred = near ?? bucketsIn(TerraformStack.of(resource), types).get(id);
  return referred && nameOf(referred, types);
}

function bucketsIn(scope: IConstruct, { bucketType }: LifecycleOwners): Map<string, TerraformResource> {
  const resources = scope.node.findAll().filter((one) => TerraformResource.isTerraformResource(one));
  const buckets = resources.filter(({ terraformResourceType }) => terraformResourceType === bucketType);
  return new Map(buckets.map((bucket) => [bucket.friendlyUniqueId, bucket]));
}

function nameOf(bucket: TerraformResource, { nameInput }: LifecycleOwners): string | undefined {
  const name = (bucket as Inputs)[nameInput];
  return typeof name === "string" && !isUnresolved(name) ? name : undefined;
}

/** The text that Terraform will read. */
function written(resource: TerraformResource, value: unknown): string | undefined {
  const resolver = new DefaultTokenResolver(new StringConcat());
  const text: unknown = Tokenization.resolve(value, { scope: resource, resolver, preparing: false });
  return typeof text === "string" ? text : undefined;
}
