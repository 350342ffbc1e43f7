import type { TransferPlace } from "./program";
import type { Text } from "../../manifest/text";

/** Options of a place in S3. */
export interface S3PlaceOptions {
  /**
   * Beginning of the keys: empty, or ending with a slash.
   * @default ""
   */
  readonly prefix?: string;

  /**
   * Region of the bucket.
   * @default - the region of the credentials
   */
  readonly region?: Text;
}

/** Options of a place in Google Cloud Storage. */
export interface GcsPlaceOptions {
  /**
   * Beginning of the names: empty, or ending with a slash.
   * @default ""
   */
  readonly prefix?: string;
}

/** Where objects are kept. */
export const ObjectPlace = {
  /** A directory that Terraform sees where it runs. */
  directory(path: Text): TransferPlace {
    return { store: "directory", path };
  },

  /** A bucket of Amazon S3, or a prefix of one. The name of a bucket in the same stack makes the steps wait for it. */
  s3(bucket: Text, { prefix = "", region }: S3PlaceOptions = {}): TransferPlace {
    return { store: "s3", bucket, prefix, ...(region !== undefined && { region }) };
  },

  /** A bucket of Google Cloud Storage, or a prefix of one. */
  gcs(bucket: Text, { prefix = "" }: GcsPlaceOptions = {}): TransferPlace {
    return { store: "gcs", bucket, prefix };
  },
} as const;
