import type { TextInput } from "../../core/references";

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
  readonly region?: TextInput;
}

/** Options of a place in Google Cloud Storage. */
export interface GcsPlaceOptions {
  /**
   * Beginning of the names: empty, or ending with a slash.
   * @default ""
   */
  readonly prefix?: string;
}

/** Where objects are kept: a directory, a bucket of Amazon S3 or one of Google Cloud Storage. */
export type ObjectPlace =
  | { readonly store: "directory"; readonly path: TextInput }
  | {
      readonly store: "s3";
      readonly bucket: TextInput;
      readonly region?: TextInput;
      readonly prefix: string;
    }
  | { readonly store: "gcs"; readonly bucket: TextInput; readonly prefix: string };

/** Where objects are kept. */
export const ObjectPlace = {
  /** A directory that Terraform sees where it runs. */
  directory(path: TextInput): ObjectPlace {
    return { store: "directory", path };
  },

  /** A bucket of Amazon S3, or a prefix of one. The name of a bucket in the same stack makes the steps wait for it. */
  s3(bucket: TextInput, { prefix = "", region }: S3PlaceOptions = {}): ObjectPlace {
    return { store: "s3", bucket, prefix, ...(region !== undefined && { region }) };
  },

  /** A bucket of Google Cloud Storage, or a prefix of one. */
  gcs(bucket: TextInput, { prefix = "" }: GcsPlaceOptions = {}): ObjectPlace {
    return { store: "gcs", bucket, prefix };
  },
} as const;
