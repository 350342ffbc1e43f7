import type { Moto } from "./moto";
import { empty, failure, notImplemented, xml, type Reply } from "./reply";
import type { AwsRequest } from "./request";
import { ID_SUBRESOURCES, s3Place } from "./s3-operation";
import { servedByMoto } from "./s3-served";
import type { ServiceFill } from "./service-fill";

const MINIMUM_SIZE_HEADER = "x-amz-transition-default-minimum-object-size";

/** A sub-resource that is given back as it was put, since moto drops parts of it or has no place for it. */
interface Verbatim {
  /** Whether moto sees it too, and so checks it. */
  readonly inMoto: boolean;

  /** Header that is kept with the document, and its value when it is not sent. */
  readonly header?: { readonly name: string; readonly fallback: string };

  /** Document as long as none was put. */
  readonly fallback?: string;

  /** Error as long as no document was put, where there is no fallback. */
  readonly absent?: { readonly code: string; readonly message: string };
}

const VERBATIM: Readonly<Record<string, Verbatim>> = {
  analytics: { inMoto: false },
  "intelligent-tiering": { inMoto: false },
  inventory: { inMoto: false },
  metrics: { inMoto: false },
  lifecycle: { inMoto: true, header: { name: MINIMUM_SIZE_HEADER, fallback: "all_storage_classes_128K" } },
  notification: { inMoto: true },
  policy: { inMoto: false, absent: { code: "NoSuchBucketPolicy", message: "The bucket policy does not exist" } },
  requestPayment: {
    inMoto: false,
    fallback: "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
  },
};

/** Writes of an object that can be conditional. */
const CONDITIONAL: ReadonlySet<string> = new Set(["PutObject", "DeleteObject", "CompleteMultipartUpload"]);

interface Kept {
  readonly document: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** S3: sub-resources of a bucket kept verbatim, the unknown ones refused. */
export class S3Fill implements ServiceFill {
  readonly service = "s3";

  /** By bucket, then by sub-resource and id. */
  private readonly kept = new Map<string, Map<string, Kept>>();

  private readonly writes = new Turns();

  reset(): void {
    this.kept.clear();
  }

  async serve(request: AwsRequest, moto: Moto): Promise<Reply | undefined> {
    const { bucket, key } = s3Place(request.url);
    if (bucket !== undefined && key === undefined) {
      const subresource = Object.keys(VERBATIM).find((name) => request.url.searchParams.has(name));
      if (subresource !== undefined) return this.serveVerbatim(request, moto, bucket, subresource);
      if (request.op === "DeleteBucket" && servedByMoto(request)) return this.deleteBucket(request, moto, bucket);
    }
    if (!servedByMoto(request)) return notImplemented(request);
    return key !== undefined && CONDITIONAL.has(request.op)
      ? this.writes.take(`${bucket}/${key}`, () => moto.send(request))
      : undefined;
  }

  private async deleteBucket(request: AwsRequest, moto: Moto, bucket: string): Promise<Reply> {
    const reply = await moto.send(request);
    if (reply.status < 300) this.kept.delete(bucket);
    return reply;
  }

  private async serveVerbatim(request: AwsRequest, moto: Moto, bucket: string, subresource: string) {
    const verbatim = VERBATIM[subresource]!;
    const inMoto = await moto.send(verbatim.inMoto ? request : bucketProbe(request, bucket));
    const ofBucket = this.kept.get(bucket) ?? new Map<string, Kept>();
    const id = request.url.searchParams.get("id") ?? "";
    const name = `${subresource} ${id}`;
    switch (request.method) {
      case "PUT":
        if (inMoto.status >= 300) return inMoto;
        this.kept.set(bucket, ofBucket.set(name, keep(request, verbatim)));
        return { ...empty(200), headers: ofBucket.get(name)!.headers };
      case "DELETE":
        if (inMoto.status >= 300) return inMoto;
        if (!ofBucket.delete(name) && id !== "") return noSuchConfiguration();
        return empty();
      case "GET": {
        const kept = ofBucket.get(name);
        if (kept !== undefined) return xml(kept.document, 200, kept.headers);
        if (verbatim.inMoto || inMoto.status >= 300) return inMoto;
        if (verbatim.fallback !== undefined) return xml(verbatim.fallback);
        if (verbatim.absent !== undefined) {
          return failure("rest-xml", 404, verbatim.absent.code, verbatim.absent.message);
        }
        if (id !== "") return noSuchConfiguration();
        if (ID_SUBRESOURCES.has(subresource)) return list(ofBucket, subresource);
      }
    }
    return notImplemented(request);
  }
}

/** Asks moto whether the bucket is there, with the signature of the request itself. */
function bucketProbe(request: AwsRequest, bucket: string) {
  return { method: "GET", target: `/${bucket}?location`, headers: request.headers, body: Buffer.alloc(0) };
}

function keep(request: AwsRequest, { header }: Verbatim): Kept {
  const document = request.body.toString();
  if (header === undefined) return { document, headers: {} };
  return { document, headers: { [header.name]: String(request.headers[header.name] ?? header.fallback) } };
}

function noSuchConfiguration(): Reply {
  return failure("rest-xml", 404, "NoSuchConfiguration", "The specified configuration does not exist.");
}

function list(ofBucket: ReadonlyMap<string, Kept>, subresource: string): Reply {
  const documents = [...ofBucket]
    .filter(([name]) => name.startsWith(`${subresource} `))
    .map(([, { document }]) => document.replace(/^<\?xml[^>]*\?>\s*/, ""));
  return xml(`<ListConfigurations><IsTruncated>false</IsTruncated>${documents.join("")}</ListConfigurations>`);
}

/** Lets what concerns the same thing happen one after the other, in the order in which it came. */
class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(name) ?? Promise.resolve()).then(work, work);
    this.last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.last.get(name) === turn) this.last.delete(name);
    }
  }
}
