import type { TextInput } from "../../core/references";

/** Options of a place in S3. */
export interface S3PlaceOptions {
  /**
   * Prefix of the keys: empty, or ending with a slash.
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
   * Prefix of the names: empty, or ending with a slash.
   * @default ""
   */
  readonly prefix?: string;
}

/** Where objects are stored: a directory, an Amazon S3 bucket or a Google Cloud Storage bucket. */
export type ObjectPlace =
  | { readonly store: "directory"; readonly path: TextInput }
  | {
      readonly store: "s3";
      readonly bucket: TextInput;
      readonly region?: TextInput;
      readonly prefix: string;
    }
  | { readonly store: "gcs"; readonly bucket: TextInput; readonly prefix: string };

/** Creates places where objects are stored. */
export const ObjectPlace = {
  /** A directory on the machine that runs Terraform. */
  directory(path: TextInput): ObjectPlace {
    return { store: "directory", path };
  },

  /** An Amazon S3 bucket, or a prefix in one. If the bucket is in the same stack, the steps wait for it. */
  s3(bucket: TextInput, { prefix = "", region }: S3PlaceOptions = {}): ObjectPlace {
    return { store: "s3", bucket, prefix, ...(region !== undefined && { region }) };
  },

  /** A Google Cloud Storage bucket, or a prefix in one. */
  gcs(bucket: TextInput, { prefix = "" }: GcsPlaceOptions = {}): ObjectPlace {
    return { store: "gcs", bucket, prefix };
  },
} as const;
