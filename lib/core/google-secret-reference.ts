import type { VariableReference } from "./references";
import { SternaError } from "./sterna-error";
import { isUnresolved } from "./tokens";

/** Options of `SecretReference.google`. */
export interface GoogleSecretOptions {
  /**
   * Key of the secret's JSON object.
   * @default - the whole value
   */
  readonly key?: string;

  /**
   * Number or alias of the version.
   * @default "latest"
   */
  readonly version?: string;
}

/** Where a value of Google Secret Manager is: never the value itself. */
export interface GoogleSecretAddress {
  readonly store: "google";
  /** `projects/<project>/secrets/<name>`. */
  readonly id: string | VariableReference;
  readonly key?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * A value of Google Secret Manager, fetched where it is used: by the engine when a step runs, by Cloud Run when an
 * instance starts.
 */
export class GoogleSecretReference {
  readonly secret: GoogleSecretAddress;

  /**
   * @param id `projects/<project>/secrets/<name>`, as the `id` of a `google_secret_manager_secret` is
   * @throws SternaError `SecretReferenceInvalid`
   */
  constructor(id: string | VariableReference, { key, version }: GoogleSecretOptions = {}) {
    if (typeof id === "string" && !isUnresolved(id) && !GOOGLE_ID.test(id)) {
      throw new SternaError(
        "SecretReferenceInvalid",
        `"${id}" names no secret of Google Secret Manager; write "projects/<project>/secrets/<name>"`,
      );
    }
    if (key === "" || (version !== undefined && !isUnresolved(version) && !GOOGLE_VERSION.test(version))) {
      throw new SternaError(
        "SecretReferenceInvalid",
        key === ""
          ? `the key of the secret is empty; write one, or leave it out for the whole value`
          : `"${version}" is no version of a secret; write its number, its alias or "latest"`,
      );
    }
    this.secret = { store: "google", id, ...(key !== undefined && { key }), ...(version && { version }) };
  }

  /**
   * What `value_source.secret_key_ref` of a Cloud Run service takes.
   *
   * @throws SternaError `SecretReferenceInvalid` for a key: Cloud Run gives a container the whole value
   */
  get secretKeyRef(): { readonly secret: string; readonly version: string } {
    const { id, key, version = "latest" } = this.secret;
    if (typeof id === "string" && key === undefined) return { secret: id, version };
    throw new SternaError(
      "SecretReferenceInvalid",
      key === undefined
        ? `Cloud Run is told the name of a secret, got the variable; write "projects/<project>/secrets/<name>"`
        : `Cloud Run gives a container the whole value of a secret, got the key "${key}"; keep this value in a secret of its own, or let the application read the key`,
    );
  }
}

/** @see https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets (name, secretId) */
const GOOGLE_ID = /^projects\/[a-z0-9][a-z0-9.:-]*\/(locations\/[a-z0-9-]+\/)?secrets\/[\w-]{1,255}$/;
const GOOGLE_VERSION = /^(latest|[1-9]\d*|[A-Za-z][\w-]{0,62})$/;
