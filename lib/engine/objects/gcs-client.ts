import { googleAccessToken } from "../../clouds/google-access";
import { z } from "zod";
import { parseJson } from "../../core/text";
import { fetchWithRetries, passes } from "../../core/retries";
import { rejectAborted } from "../files/concurrently";

const ENDPOINT = "https://storage.googleapis.com";
/** Among what is asked again is 429: Cloud Storage takes about one write per second of the same object. */
const ATTEMPTS = 7;
/** Short, since a sign of life of a runner must not wait behind a dead connection. */
const SMALL_ANSWER_MILLISECONDS = 15_000;
const FIRST_PAUSE_MILLISECONDS = 250;

const errorResource = z.object({ error: z.object({ message: z.string() }) });

/** Where Cloud Storage is, and what requests to it carry. */
export interface GoogleStorageAccess {
  /** @default "https://storage.googleapis.com" */
  readonly endpoint?: string;

  /**
   * Gives an access token for each request.
   * @default - requests without authorization, as emulators take them
   */
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

/** A request to Cloud Storage's JSON API. */
export interface GcsRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;

  /** @default {} */
  readonly query?: Readonly<Record<string, string>>;

  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>;

  /** @default - none */
  readonly body?: Uint8Array | string;

  /**
   * Statuses that are an answer, not a failure, besides success and 404.
   * @default []
   */
  readonly answers?: readonly number[];

  /**
   * Whether the answer is small: it is read with the attempt, so that one that breaks off or stalls is asked for again.
   * @default false
   */
  readonly small?: boolean;
}

/** Cloud Storage refused a request, and would do so however often it is asked. */
export class GcsRefusal extends Error {
  override readonly name = "GcsRefusal";
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
   * Sends a request until it is answered with success, 404 or another status that is an answer to it.
   *
   * @throws GcsRefusal, SternaError `LedgerUnreachable` where Google gives no token, or what the last attempt ended with
   */
  async request(request: GcsRequest, signal?: AbortSignal): Promise<Response> {
    return rejectAborted(signal, async () => {
      const retries = { attempts: ATTEMPTS, firstPause: FIRST_PAUSE_MILLISECONDS, signal };
      const response = await fetchWithRetries(() => this.attempt(request, signal), retries);
      const { ok, status } = response;
      if (ok || status === 404 || request.answers?.includes(status)) return response;
      const reason = `Cloud Storage answered HTTP ${status}: ${errorMessage(await response.text())}`;
      throw passes(status) ? new Error(reason) : new GcsRefusal(reason);
    });
  }

  private async attempt(request: GcsRequest, signal: AbortSignal | undefined): Promise<Response> {
    const { method, url, query, headers, body, small } = request;
    const token = await this.access.accessToken?.();
    const address = query === undefined ? url : `${url}?${new URLSearchParams(query).toString()}`;
    const timeout = small ? AbortSignal.timeout(SMALL_ANSWER_MILLISECONDS) : undefined;
    const signals = [signal, timeout].filter((each) => each !== undefined);
    try {
      const response = await fetch(address, {
        method,
        redirect: "manual",
        headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
        ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
        ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> | string }),
      });
      if (!small || response.body === null) return response;
      return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
    } catch (error) {
      // `fetch` hides the reason in the cause of its error.
      const { cause } = error as Error;
      throw cause instanceof Error ? cause : error;
    }
  }
}

/** The message of an error, which the JSON API words as `{"error": {"message": …}}`. */
function errorMessage(text: string): string {
  return errorResource.safeParse(parseJson(text)).data?.error.message ?? text.slice(0, 200);
}
