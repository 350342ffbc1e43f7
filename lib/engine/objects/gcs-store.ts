import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { EngineError } from "../engine-error";
import type { ObjectStore, ObjectVersion, StoredObject } from "./object-store";

export const ENDPOINT = "https://storage.googleapis.com";
const TIMEOUT_MILLISECONDS = 15_000;
/** Among them 429: Cloud Storage takes about one write per second of the same object. */
export const RETRIED_STATUSES = [408, 429, 500, 502, 503, 504];
const ATTEMPTS = 7;
const FIRST_RETRY_MILLISECONDS = 250;

const objectResource = z.object({ generation: z.string() });
const listing = z.object({
  items: z.array(z.object({ name: z.string() })).default([]),
  nextPageToken: z.string().optional(),
});
const errorResource = z.object({ error: z.object({ message: z.string() }) });

export interface GcsStoreOptions {
  readonly bucket: string;

  /** @default "https://storage.googleapis.com" */
  readonly endpoint?: string;

  /**
   * Gives an access token for each request.
   * @default - requests without authorization, as emulators take them
   */
  readonly accessToken?: () => Promise<string>;
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
  private readonly objects: string;
  private readonly uploads: string;

  constructor(private readonly options: GcsStoreOptions) {
    const { bucket, endpoint = ENDPOINT } = options;
    this.location = `Google Cloud Storage bucket ${bucket}`;
    this.objects = `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    this.uploads = `${endpoint}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  }

  async read(key: string): Promise<StoredObject | undefined> {
    for (;;) {
      const url = `${this.objects}/${encodeURIComponent(key)}`;
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
    const answer = await this.request("POST", this.uploads, query, body);
    if (answer.status === 412) return undefined;
    if (answer.status === 404) throw new Error("there is no such bucket");
    return objectResource.parse(JSON.parse(answer.text)).generation;
  }

  async keys(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for (let pageToken: string | undefined = ""; pageToken !== undefined;) {
      const query = { prefix, fields: "items(name),nextPageToken", ...(pageToken && { pageToken }) };
      const answer = await this.request("GET", this.objects, query);
      if (answer.status === 404) throw new Error("there is no such bucket");
      const page = listing.parse(JSON.parse(answer.text));
      keys.push(...page.items.map(({ name }) => name));
      pageToken = page.nextPageToken;
    }
    return keys;
  }

  close(): void {}

  /**
   * Sends a request until it is answered with success, 404 or 412.
   * @throws Error what the last attempt ended with
   */
  private async request(method: string, url: string, query: Record<string, string>, body?: string) {
    const address = `${url}?${new URLSearchParams(query).toString()}`;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(method, address, body);
      } catch (error) {
        if (attempt === ATTEMPTS || error instanceof RefusedRequest) throw error;
        await sleep(FIRST_RETRY_MILLISECONDS * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  private async attempt(method: string, address: string, body: string | undefined) {
    const token = await this.options.accessToken?.();
    let response: Response;
    try {
      response = await fetch(address, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
        headers: {
          ...(token && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      // `fetch` hides the reason in the cause of its error.
      const { cause } = error as Error;
      throw cause instanceof Error ? cause : error;
    }
    const { status } = response;
    const text = await response.text();
    if (response.ok || status === 404 || status === 412) {
      return { status, text };
    }
    const reason = `HTTP ${status}: ${errorMessage(text)}`;
    throw RETRIED_STATUSES.includes(status) ? new Error(reason) : new RefusedRequest(reason);
  }
}

/** An answer that stays the same however often one asks. */
class RefusedRequest extends Error {}

/** The message of an error, which the JSON API words as `{"error": {"message": …}}`. */
export function errorMessage(text: string): string {
  try {
    return errorResource.parse(JSON.parse(text)).error.message;
  } catch {
    return text.slice(0, 200);
  }
}

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";

/** Where Cloud Storage is, and what requests to it carry. */
export interface GoogleStorageAccess {
  /** @default "https://storage.googleapis.com" */
  readonly endpoint?: string;

  /** @default - requests without authorization */
  readonly accessToken?: () => Promise<string>;
}

/**
 * The credentials of an environment, or the emulator that `STORAGE_EMULATOR_HOST` names, as Google's own libraries do it.
 */
export function googleStorageAccess(variables: NodeJS.ProcessEnv = process.env): GoogleStorageAccess {
  const emulator = variables["STORAGE_EMULATOR_HOST"];
  if (!emulator) return { accessToken: googleAccessToken(variables) };
  const endpoint = /^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`;
  return { endpoint: endpoint.replace(/\/+$/, "") };
}

/** A bucket of Google Cloud Storage with the credentials of an environment. */
export function openGcsStore(bucket: string, variables: NodeJS.ProcessEnv = process.env): GcsStore {
  return new GcsStore({ bucket, ...googleStorageAccess(variables) });
}

/**
 * Access tokens from Application Default Credentials: a key file, workload identity federation, `gcloud auth
 * application-default login`, or the metadata server. Google's library is loaded with the first token, and renews them.
 *
 * @param scope what the tokens are good for
 */
export function googleAccessToken(
  variables: NodeJS.ProcessEnv = process.env,
  scope: string = SCOPE,
): () => Promise<string> {
  const keyFile = variables["GOOGLE_APPLICATION_CREDENTIALS"];
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;
  return async () => {
    // A project is not needed to read and write objects; without one given here, the library asks a further service for it.
    auth ??= import("google-auth-library").then(
      ({ GoogleAuth }) => new GoogleAuth({ scopes: scope, projectId: "unused", ...(keyFile && { keyFile }) }),
    );
    const token = await (await auth).getAccessToken();
    if (!token) throw new EngineError("LedgerUnreachable", "Google gave no access token for these credentials");
    return token;
  };
}
