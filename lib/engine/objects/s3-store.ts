import { setTimeout as sleep } from "node:timers/promises";
import type { GetObjectCommandOutput, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { openS3, type S3Sdk } from "./s3-client";
import type { ObjectStore, ObjectVersion, StoredObject } from "./object-store";

/** Short, since objects are small and a sign of life must not wait behind a dead connection. */
const TIMEOUTS = {
  connectionTimeout: 5_000,
  requestTimeout: 15_000,
  socketTimeout: 15_000,
  throwOnRequestTimeout: true,
};
/** Attempts of a request that was throttled, failed with 5xx, or broke off; the SDK waits longer before each. */
const ATTEMPTS = 6;

export interface S3StoreOptions {
  readonly bucket: string;

  /** @default - the region of the environment */
  readonly region?: string | undefined;

  /**
   * Environment that holds the credentials.
   * @default - the one of this process
   */
  readonly variables?: NodeJS.ProcessEnv;
}

interface Opened {
  readonly sdk: S3Sdk;
  readonly client: S3Client;
}

/**
 * A general purpose bucket of Amazon S3, or of a store that speaks its protocol.
 *
 * Conditions are `If-None-Match: *` and `If-Match: <ETag>` of PutObject; reads see the last write. It needs s3:GetObject,
 * s3:PutObject and s3:ListBucket (without the last, S3 answers 403 instead of 404 for an object that is not there).
 * Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"; "Amazon S3 data consistency
 * model".
 */
export class S3Store implements ObjectStore {
  readonly location: string;
  private opened?: Promise<Opened>;

  constructor(private readonly options: S3StoreOptions) {
    this.location = `S3 bucket ${options.bucket}`;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    const { sdk, client } = await this.open();
    const command = new sdk.GetObjectCommand({ Bucket: this.options.bucket, Key: key });
    let answer: GetObjectCommandOutput;
    try {
      answer = await client.send(command);
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return undefined;
      throw error;
    }
    const body = (await answer.Body?.transformToString("utf-8")) ?? "";
    return { body, version: etagOf(answer) };
  }

  async writeIf(key: string, body: string, expected: ObjectVersion | undefined): Promise<ObjectVersion | undefined> {
    const { sdk, client } = await this.open();
    const command = {
      Bucket: this.options.bucket,
      Key: key,
      Body: body,
      ContentType: "application/json",
      ...(expected === undefined ? { IfNoneMatch: "*" } : { IfMatch: expected }),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        return etagOf(await client.send(new sdk.PutObjectCommand(command)));
      } catch (error) {
        if (isRefusal(error as S3ServiceException)) return undefined;
        if (!isCollision(error as S3ServiceException) || attempt === ATTEMPTS) throw error;
        await sleep(50 * 2 ** attempt * Math.random());
      }
    }
  }

  async keys(prefix: string): Promise<string[]> {
    return [...(await this.listVersions(prefix)).keys()];
  }

  async listVersions(prefix: string): Promise<Map<string, ObjectVersion>> {
    const { sdk, client } = await this.open();
    const versions = new Map<string, ObjectVersion>();
    for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket: this.options.bucket, Prefix: prefix })) {
      for (const object of page.Contents ?? []) versions.set(object.Key as string, etagOf(object));
    }
    return versions;
  }

  close(): void {
    void this.opened?.then(({ client }) => client.destroy()).catch(() => undefined);
    this.opened = undefined;
  }

  private open(): Promise<Opened> {
    const { region, variables } = this.options;
    const config = { maxAttempts: ATTEMPTS, requestHandler: TIMEOUTS, followRegionRedirects: true };
    return (this.opened ??= openS3(region, config, variables));
  }
}

/** Another object is there, or none where one was expected. */
function isRefusal({ name, $metadata }: S3ServiceException): boolean {
  return $metadata?.httpStatusCode === 412 || name === "NoSuchKey";
}

/** Two conditional writes of a key met; the loser asks again ("On a 409 failure you should retry the upload"). */
function isCollision({ $metadata }: S3ServiceException): boolean {
  return $metadata?.httpStatusCode === 409;
}

function etagOf({ ETag }: { readonly ETag?: string | undefined }): ObjectVersion {
  if (!ETag) throw new Error("the store gave no ETag for an object, without which it cannot be written on a condition");
  return ETag;
}
