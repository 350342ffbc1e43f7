import { z } from "zod";
import { GcsClient, type GoogleStorageAccess, googleStorageAccess } from "./gcs-client";
import type { ObjectStore, ObjectVersion, StoredObject } from "./object-store";

const objectResource = z.object({ generation: z.string() });
const listing = z.object({
  items: z.array(z.object({ name: z.string(), generation: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});

/** Which bucket, and how it is reached. */
export interface GcsStoreOptions extends GoogleStorageAccess {
  readonly bucket: string;
}

/**
 * A bucket of Google Cloud Storage, over its JSON API.
 *
 * The condition of a write is `ifGenerationMatch`, 0 for an object that must not be there; reads see the last write. It
 * needs storage.objects.get, create, list, and delete, since replacing an object counts as deleting it: the role Storage
 * Object User has them. Source: Cloud Storage documentation, "Request preconditions", "Consistency", "Objects: insert".
 */
export class GcsStore implements ObjectStore {
  readonly location: string;
  private readonly client: GcsClient;

  constructor({ bucket, ...access }: GcsStoreOptions) {
    this.location = `Google Cloud Storage bucket ${bucket}`;
    this.client = new GcsClient(bucket, access);
  }

  async read(key: string): Promise<StoredObject | undefined> {
    for (;;) {
      const url = this.client.object(key);
      const metadata = await this.request("GET", url, { fields: "generation" });
      if (metadata.status === 404) return undefined;
      const { generation } = objectResource.parse(JSON.parse(metadata.text));
      const content = await this.request("GET", url, { alt: "media", generation });
      // Replaced between the two requests, and the bucket keeps no old versions.
      if (content.status === 404) continue;
      return { body: content.text, version: generation };
    }
  }

  async writeIf(key: string, body: string, expected: ObjectVersion | undefined): Promise<ObjectVersion | undefined> {
    const query = { uploadType: "media", name: key, ifGenerationMatch: expected ?? "0" };
    const answer = await this.request("POST", this.client.uploads, query, body);
    if (answer.status === 412) return undefined;
    if (answer.status === 404) throw new Error("there is no such bucket");
    return objectResource.parse(JSON.parse(answer.text)).generation;
  }

  async keys(prefix: string): Promise<string[]> {
    return [...(await this.listVersions(prefix)).keys()];
  }

  async listVersions(prefix: string): Promise<Map<string, ObjectVersion>> {
    const versions = new Map<string, ObjectVersion>();
    for (let pageToken: string | undefined = ""; pageToken !== undefined;) {
      const query = { prefix, fields: "items(name,generation),nextPageToken", ...(pageToken && { pageToken }) };
      const answer = await this.request("GET", this.client.objects, query);
      if (answer.status === 404) throw new Error("there is no such bucket");
      const page = listing.parse(JSON.parse(answer.text));
      for (const { name, generation } of page.items) versions.set(name, generation);
      pageToken = page.nextPageToken;
    }
    return versions;
  }

  close(): void {}

  /** Of a small object: the whole answer. */
  private async request(method: "GET" | "POST", url: string, query: Record<string, string>, body?: string) {
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    const response = await this.client.request({
      method,
      url,
      query,
      headers,
      answers: [412],
      small: true,
      ...(body !== undefined && { body }),
    });
    return { status: response.status, text: await response.text() };
  }
}

/** A bucket of Google Cloud Storage with the credentials of an environment. */
export function openGcsStore(bucket: string, variables: NodeJS.ProcessEnv = process.env): GcsStore {
  return new GcsStore({ bucket, ...googleStorageAccess(variables) });
}
