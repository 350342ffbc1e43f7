import type { IncomingHttpHeaders } from "node:http";

/** What an S3 address points at: the service, a bucket, or an object. Addresses are path-style, as with any IP address. */
export function s3Place(url: URL): { readonly bucket?: string; readonly key?: string } {
  const [, bucket, ...key] = url.pathname.split("/");
  if (bucket === undefined || bucket === "") return {};
  const name = decodeURIComponent(key.join("/"));
  return name === "" ? { bucket } : { bucket, key: name };
}

/** Sub-resources of a bucket, with the name that operations have for them. */
export const BUCKET_SUBRESOURCES: Readonly<Record<string, string>> = {
  accelerate: "BucketAccelerateConfiguration",
  acl: "BucketAcl",
  analytics: "BucketAnalyticsConfiguration",
  cors: "BucketCors",
  encryption: "BucketEncryption",
  "intelligent-tiering": "BucketIntelligentTieringConfiguration",
  inventory: "BucketInventoryConfiguration",
  lifecycle: "BucketLifecycleConfiguration",
  location: "BucketLocation",
  logging: "BucketLogging",
  metrics: "BucketMetricsConfiguration",
  notification: "BucketNotificationConfiguration",
  "object-lock": "ObjectLockConfiguration",
  ownershipControls: "BucketOwnershipControls",
  policy: "BucketPolicy",
  policyStatus: "BucketPolicyStatus",
  publicAccessBlock: "PublicAccessBlock",
  replication: "BucketReplication",
  requestPayment: "BucketRequestPayment",
  tagging: "BucketTagging",
  versioning: "BucketVersioning",
  website: "BucketWebsite",
};

const OBJECT_SUBRESOURCES: Readonly<Record<string, string>> = {
  acl: "ObjectAcl",
  attributes: "ObjectAttributes",
  "legal-hold": "ObjectLegalHold",
  retention: "ObjectRetention",
  tagging: "ObjectTagging",
  torrent: "ObjectTorrent",
};

const VERBS: Readonly<Record<string, string>> = {
  GET: "Get",
  PUT: "Put",
  DELETE: "Delete",
  HEAD: "Head",
  POST: "Post",
};

/** The name of an S3 operation, which is nowhere on the wire: derived from method, address and sub-resource. */
export function s3Operation(method: string, url: URL, headers: IncomingHttpHeaders): string {
  const { bucket, key } = s3Place(url);
  if (bucket === undefined) return method === "GET" ? "ListBuckets" : `${method} /`;
  const verb = VERBS[method] ?? method;
  const has = (parameter: string) => url.searchParams.has(parameter);
  const subresources = key === undefined ? BUCKET_SUBRESOURCES : OBJECT_SUBRESOURCES;
  const subresource = Object.keys(subresources).find(has);
  if (subresource !== undefined) {
    const noun = subresources[subresource]!;
    const list = method === "GET" && !has("id") && ID_SUBRESOURCES.has(subresource);
    return list ? `List${noun}s` : `${verb}${noun}`;
  }
  return key === undefined ? bucketOperation(method, verb, has) : objectOperation(method, verb, has, headers);
}

/** Sub-resources of which a bucket has many, told apart by `id`. */
export const ID_SUBRESOURCES: ReadonlySet<string> = new Set([
  "analytics",
  "intelligent-tiering",
  "inventory",
  "metrics",
]);

function bucketOperation(method: string, verb: string, has: (parameter: string) => boolean): string {
  if (method === "GET") {
    if (has("versions")) return "ListObjectVersions";
    if (has("uploads")) return "ListMultipartUploads";
    return has("list-type") ? "ListObjectsV2" : "ListObjects";
  }
  if (method === "PUT") return "CreateBucket";
  if (method === "POST") return has("delete") ? "DeleteObjects" : "PostObject";
  return `${verb}Bucket`;
}

function objectOperation(
  method: string,
  verb: string,
  has: (parameter: string) => boolean,
  headers: IncomingHttpHeaders,
): string {
  const copy = headers["x-amz-copy-source"] !== undefined;
  if (has("uploadId")) {
    const operations: Readonly<Record<string, string>> = {
      GET: "ListParts",
      PUT: copy ? "UploadPartCopy" : "UploadPart",
      POST: "CompleteMultipartUpload",
      DELETE: "AbortMultipartUpload",
    };
    return operations[method] ?? `${verb}Object`;
  }
  if (method === "POST") {
    if (has("uploads")) return "CreateMultipartUpload";
    if (has("restore")) return "RestoreObject";
    if (has("select")) return "SelectObjectContent";
  }
  return method === "PUT" && copy ? "CopyObject" : `${verb}Object`;
}
