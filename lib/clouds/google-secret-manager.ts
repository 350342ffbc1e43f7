import { z } from "zod";
import { SternaError } from "../core/errors";
import { fetchWithRetries } from "../core/retries";

/** How Secret Manager is reached. */
export interface SecretManagerAccess {
  /**
   * With the version of the API.
   * @default "https://secretmanager.googleapis.com/v1/"
   */
  readonly endpoint?: string;

  /**
   * Gives an access token with the scope `cloud-platform`.
   * @default - requests without authorization
   */
  readonly accessToken?: () => Promise<string>;

  /**
   * Ends the waiting for an answer.
   * @default - nothing ends it but the time that an answer may take
   */
  readonly signal?: AbortSignal;

  /**
   * How often a request is sent at most.
   * @default 5
   */
  readonly attempts?: number;
}

/** Secret Manager refused a request, or did not answer: then there is no status. */
export class SecretManagerRefusal extends SternaError {
  /** @param said what Secret Manager gave as the reason, or what was in the way of asking it */
  constructor(
    message: string,
    readonly status: number | undefined,
    readonly said: string,
    options?: ErrorOptions,
  ) {
    super("GoogleSecretManagerRefused", message, options);
  }
}

/** A version of a secret; no value when the version is disabled or destroyed. */
export interface AccessedVersion {
  readonly number: number;
  readonly value: string | undefined;
}

const ENDPOINT = "https://secretmanager.googleapis.com/v1/";
const ANSWER_MILLISECONDS = 10_000;

const added = z.object({ name: z.string() });
const accessed = z.object({
  name: z.string(),
  payload: z.object({ data: z.string().default("") }).default({ data: "" }),
});
const refusal = z.object({ error: z.object({ status: z.string().optional(), message: z.string().optional() }) });

/**
 * The few calls of Secret Manager's REST API that a rotation takes. Google's own library would bring gRPC along.
 *
 * @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets.versions
 */
export class SecretManagerClient {
  constructor(private readonly access: SecretManagerAccess) {}

  /**
   * Adds a version. An answer that is lost can leave it there twice: callers must bear that, since Secret Manager has
   * no token for requests.
   *
   * @param secret `projects/<project>/secrets/<name>`
   * @returns the number of the version
   * @throws SternaError `GoogleSecretManagerRefused`
   */
  async addVersion(secret: string, value: string): Promise<number> {
    const body = { payload: { data: Buffer.from(value, "utf8").toString("base64") } };
    const answer = await this.send("POST", `${secret}:addVersion`, body);
    return versionNumber(added.parse(await this.read(answer, `add a version to ${secret}`)).name);
  }

  /**
   * Reads a version by number, which Secret Manager promises to be consistent, or by `latest`, which it does not.
   *
   * @returns nothing when there is no such version
   * @throws SternaError `GoogleSecretManagerRefused`
   * @see https://cloud.google.com/secret-manager/docs/reference/consistency
   */
  async accessVersion(secret: string, version: number | "latest"): Promise<AccessedVersion | undefined> {
    const answer = await this.send("GET", `${secret}/versions/${version}:access`);
    if (answer.status === 404) return undefined;
    if (answer.status === 400 && (await statusOf(answer)) === "FAILED_PRECONDITION") {
      return version === "latest" ? undefined : { number: version, value: undefined };
    }
    const { name, payload } = accessed.parse(await this.read(answer, `read version ${version} of ${secret}`));
    return { number: versionNumber(name), value: Buffer.from(payload.data, "base64").toString("utf8") };
  }

  /**
   * The bytes of a version that can be read.
   *
   * @param version a number, `latest` or an alias
   * @throws SecretManagerRefusal also when there is no such version, or when it is disabled or destroyed
   */
  async readVersion(secret: string, version: string): Promise<Buffer> {
    const answer = await this.send("GET", `${secret}/versions/${version}:access`);
    const { payload } = accessed.parse(await this.read(answer, `read version ${version} of ${secret}`));
    return Buffer.from(payload.data, "base64");
  }

  /** Destroys a version, at once or after the secret's `version_destroy_ttl`. @throws SternaError `GoogleSecretManagerRefused` */
  async destroyVersion(secret: string, version: number): Promise<void> {
    const answer = await this.send("POST", `${secret}/versions/${version}:destroy`, {});
    // Destroyed already, or about to be.
    if (answer.status === 400 && (await statusOf(answer)) === "FAILED_PRECONDITION") return;
    await this.read(answer, `destroy version ${version} of ${secret}`);
  }

  private async send(method: "GET" | "POST", path: string, body?: object): Promise<Response> {
    try {
      const { signal, accessToken, attempts = 5 } = this.access;
      const token = await accessToken?.();
      return await fetchWithRetries(() => this.sendOnce(method, path, token, body), { attempts, signal });
    } catch (error) {
      const { cause = error } = error as { cause?: unknown };
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new SecretManagerRefusal(`Secret Manager did not answer: ${String(cause)}`, undefined, said, {
        cause: error,
      });
    }
  }

  private async sendOnce(method: string, path: string, token: string | undefined, body?: object): Promise<Response> {
    const { endpoint, signal } = this.access;
    const timeout = AbortSignal.timeout(ANSWER_MILLISECONDS);
    return fetch(`${secretManagerEndpoint(path, endpoint)}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  }

  private async read(answer: Response, what: string): Promise<unknown> {
    if (answer.ok) return answer.json();
    const { error } = refusal.safeParse(await answer.json().catch(() => undefined)).data ?? {};
    throw new SecretManagerRefusal(
      `Secret Manager refused to ${what}: ${answer.status} ${error?.message ?? ""}`.trimEnd(),
      answer.status,
      `${answer.status}${error === undefined ? "" : ` ${error.status ?? ""}: ${error.message ?? ""}`}`,
    );
  }
}

async function statusOf(answer: Response): Promise<string | undefined> {
  return refusal.safeParse(
    await answer
      .clone()
      .json()
      .catch(() => undefined),
  ).data?.error.status;
}

/**
 * Where a secret is asked for: one of a location is known there only.
 *
 * @param endpoint asked instead of Google
 * @see https://cloud.google.com/secret-manager/docs/samples/secretmanager-access-regional-secret-version
 */
export function secretManagerEndpoint(id: string, endpoint: string | undefined): string {
  const [, location] = /^projects\/[^/]+\/locations\/([a-z0-9-]+)\//.exec(id) ?? [];
  const google = location === undefined ? ENDPOINT : ENDPOINT.replace(".googleapis", `.${location}.rep.googleapis`);
  return (endpoint || google).replace(/\/*$/, "/");
}

/** `projects/1/secrets/name/versions/7` is 7. */
function versionNumber(name: string): number {
  return Number(name.slice(name.lastIndexOf("/") + 1));
}

/** As Terraform's google provider calls it, which takes an access token from its environment as well. */
const ENDPOINT_VARIABLE = "GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT";
const TOKEN_VARIABLE = "GOOGLE_OAUTH_ACCESS_TOKEN";

/** What an access token for Secret Manager has to be good for. */
export const SECRET_MANAGER_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/**
 * Secret Manager, where an environment says that it is.
 *
 * @param accessToken asked unless the environment has a token
 * @param limits of the waiting for answers
 */
export function openSecretManager(
  variables: NodeJS.ProcessEnv,
  accessToken: () => Promise<string>,
  limits: Pick<SecretManagerAccess, "signal" | "attempts"> = {},
): SecretManagerClient {
  const { [ENDPOINT_VARIABLE]: endpoint, [TOKEN_VARIABLE]: token } = variables;
  return new SecretManagerClient({
    endpoint: endpoint || undefined,
    accessToken: token ? async () => token : accessToken,
    ...limits,
  });
}
