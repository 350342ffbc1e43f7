import { setTimeout as sleep } from "node:timers/promises";
import { EngineError } from "../engine-error";
import { rejectAborted } from "../files/abort";
import { ENDPOINT, errorMessage, RETRIED_STATUSES } from "../ledgers/gcs-store";
import { type GoogleStorageAccess, googleStorageAccess } from "../ledgers/google-access";

const ATTEMPTS = 5;
const FIRST_RETRY_MILLISECONDS = 250;

/** Statuses that are an answer, not a failure: a chunk was taken, there is no such object. */
const ANSWERS = [308, 404];

/** A request to Cloud Storage's JSON API. */
export interface GcsRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;

  /** @default {} */
  readonly query?: Readonly<Record<string, string>>;

  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>;

  /** @default - none */
  readonly body?: Uint8Array;
}

/** The JSON API of Cloud Storage for one bucket. */
export class GcsClient {
  /** URL of the bucket's objects. */
  readonly objects: string;

  /** URL of uploads to the bucket. */
  readonly uploads: string;

  constructor(
    readonly bucket: string,
    private readonly access: GoogleStorageAccess = googleStorageAccess(),
  ) {
    const { endpoint = ENDPOINT } = access;
    this.objects = `${endpoint}/storage/v1/b/${encodeURIComponent(bucket)}/o`;
    this.uploads = `${endpoint}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
  }

  /** URL of an object. */
  object(name: string): string {
    return `${this.objects}/${encodeURIComponent(name)}`;
  }

  /**
   * Sends a request until it is answered with success, 308 or 404.
   *
   * @throws Error what the last attempt ended with
   */
  async request(request: GcsRequest, signal: AbortSignal): Promise<Response> {
    return rejectAborted(signal, async () => {
      for (let attempt = 1; ; attempt++) {
        const response = await this.attempt(request, signal).catch((error: unknown) => error as Error);
        if (!(response instanceof Error)) return response;
        if (attempt === ATTEMPTS || signal.aborted || response instanceof EngineError) throw response;
        await sleep(FIRST_RETRY_MILLISECONDS * 2 ** (attempt - 1) * (0.5 + Math.random()), undefined, { signal });
      }
    });
  }

  /** The error for a 404 that is about the bucket. */
  missing(): EngineError {
    return new EngineError("TargetMissing", `there is no bucket "${this.bucket}" that these credentials can see`);
  }

  private async attempt(request: GcsRequest, signal: AbortSignal): Promise<Response> {
    const { method, url, query, headers, body } = request;
    const token = await this.access.accessToken?.();
    const address = query === undefined ? url : `${url}?${new URLSearchParams(query).toString()}`;
    const response = await fetch(address, {
      method,
      signal,
      redirect: "manual",
      headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
    });
    if (response.ok || ANSWERS.includes(response.status)) return response;
    const reason = `Cloud Storage answered HTTP ${response.status}: ${errorMessage(await response.text())}`;
    throw RETRIED_STATUSES.includes(response.status) ? new Error(reason) : new EngineError("StoreRefused", reason);
  }
}
