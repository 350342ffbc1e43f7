import { GcsBackend, LocalBackend, S3Backend } from "cdktf";
import type { Construct } from "constructs";
import { SternaError } from "../core/errors";

/** Properties of `Backend.s3`. */
export interface S3BackendOptions {
  /** Bucket for the states. */
  readonly bucketName: string;

  /** Region of the bucket. */
  readonly region: string;

  /** Prefix of the states' keys, without leading and trailing slashes: `sterna/states`. */
  readonly keyPrefix: string;

  /**
   * AWS KMS key that encrypts the states: its ARN or id.
   * @default - the bucket's default encryption
   */
  readonly kmsKeyArn?: string;
}

/** Properties of `Backend.gcs`. */
export interface GcsBackendOptions {
  /** Bucket for the states. */
  readonly bucketName: string;

  /** Prefix of the states' names, without leading and trailing slashes: `sterna/states`. */
  readonly prefix: string;
}

/** What a backend needs to know about the stack. */
export interface BackendPlace {
  /** Id of the stack. */
  readonly stack: string;

  /** A project path relative to the stack's folder. */
  fromFolder(path: string): string;
}

/** Where Terraform stores the state of a stack. */
export abstract class Backend {
  /** A file `terraform.<stack>.tfstate` in the project's directory. */
  static local(): Backend {
    return new LocalState();
  }

  /**
   * An object `<keyPrefix>/<stack>.tfstate` in S3, encrypted, with a lock file next to it. Needs Terraform 1.10, which
   * introduced the lock file (Terraform CHANGELOG, 1.10.0: "S3 native state locking").
   *
   * @throws SternaError `InvalidBackend`
   */
  static s3(options: S3BackendOptions): Backend {
    return new S3State(options);
  }

  /**
   * An object `<prefix>/<stack>/default.tfstate` in Google Cloud Storage, which has built-in locking.
   *
   * @throws SternaError `InvalidBackend`
   */
  static gcs(options: GcsBackendOptions): Backend {
    return new GcsState(options);
  }

  /** Oldest Terraform that supports the backend, if newer than the general minimum. */
  readonly requiredVersion: string | undefined;

  /**
   * Creates the backend in a stack.
   *
   * @internal
   */
  abstract bind(stack: Construct, place: BackendPlace): void;
}

class LocalState extends Backend {
  bind(stack: Construct, place: BackendPlace): void {
    new LocalBackend(stack, { path: place.fromFolder(`terraform.${place.stack}.tfstate`) });
  }
}

class S3State extends Backend {
  override readonly requiredVersion = "1.10.0";

  constructor(private readonly options: S3BackendOptions) {
    super();
    requireNames("Backend.s3", { bucket: options.bucketName, region: options.region, keyPrefix: options.keyPrefix });
  }

  bind(stack: Construct, place: BackendPlace): void {
    const { bucketName: bucket, region, keyPrefix, kmsKeyArn: kmsKeyId } = this.options;
    const key = `${keyPrefix}/${place.stack}.tfstate`;
    // cdktf 0.21 has no property for it.
    new S3Backend(stack, { bucket, region, key, kmsKeyId, encrypt: true }).addOverride("use_lockfile", true);
  }
}

class GcsState extends Backend {
  constructor(private readonly options: GcsBackendOptions) {
    super();
    requireNames("Backend.gcs", { bucket: options.bucketName, prefix: options.prefix });
  }

  bind(stack: Construct, place: BackendPlace): void {
    const { bucketName: bucket, prefix } = this.options;
    new GcsBackend(stack, { bucket, prefix: `${prefix}/${place.stack}` });
  }
}

function requireNames(backend: string, names: Record<string, string>): void {
  for (const [property, value] of Object.entries(names)) {
    if (value === "" || value.startsWith("/") || value.endsWith("/")) {
      throw new SternaError(
        "InvalidBackend",
        `${property} of ${backend} must not be empty and neither begin nor end with a slash, got "${value}"`,
      );
    }
  }
}
