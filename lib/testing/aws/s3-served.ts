import type { AwsRequest } from "./request";
import { s3Place } from "./s3-operation";

/**
 * Sub-resources that moto 5.2 answers itself. With any other it answers for the bucket or the object as a whole:
 * `DELETE ?inventory` would delete the bucket.
 */
const SERVED: Readonly<Record<"bucket" | "object", Readonly<Record<string, readonly string[]>>>> = {
  bucket: {
    GET: [
      ...["accelerate", "acl", "cors", "encryption", "lifecycle", "location", "logging", "notification"],
      ...["object-lock", "ownershipControls", "policy", "publicAccessBlock", "replication", "tagging"],
      ...["uploads", "versioning", "versions", "website"],
    ],
    PUT: [
      ...["accelerate", "acl", "cors", "encryption", "lifecycle", "logging", "notification", "object-lock"],
      ...["ownershipControls", "policy", "publicAccessBlock", "replication", "tagging", "versioning", "website"],
    ],
    DELETE: [
      ...["cors", "encryption", "lifecycle", "ownershipControls", "policy", "publicAccessBlock", "replication"],
      ...["tagging", "website"],
    ],
    POST: ["delete"],
  },
  object: {
    GET: ["acl", "attributes", "legal-hold", "tagging", "uploadId"],
    PUT: ["acl", "legal-hold", "retention", "tagging", "uploadId"],
    DELETE: ["tagging", "uploadId"],
    POST: ["restore", "select", "uploadId", "uploads"],
  },
};

/** Parameters that only refine an operation. */
const REFINEMENTS: ReadonlySet<string> = new Set([
  ...["continuation-token", "delimiter", "encoding-type", "fetch-owner", "key-marker", "list-type", "marker"],
  ...["max-buckets", "max-keys", "max-parts", "max-uploads", "part-number-marker", "partNumber", "prefix"],
  ...["bucket-region", "select-type", "start-after", "upload-id-marker", "version-id-marker", "versionId", "x-id"],
]);

/** Whether moto answers what is asked, rather than something else. */
export function servedByMoto({ method, url }: AwsRequest): boolean {
  const { bucket, key } = s3Place(url);
  const served = bucket === undefined ? [] : (SERVED[key === undefined ? "bucket" : "object"][method] ?? []);
  return [...url.searchParams.keys()].every(
    (name) => served.includes(name) || REFINEMENTS.has(name) || /^(x-amz-|response-)/i.test(name),
  );
}
