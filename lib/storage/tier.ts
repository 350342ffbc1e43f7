import { GCS_STORAGE_CLASSES, type GcsStorageClass } from "./gcs-storage-class";
import { S3_STORAGE_CLASSES, type S3StorageClass } from "./s3-storage-class";

/**
 * How warm an object is kept, in words that do not name a cloud.
 *
 * Each cloud has its own name and its own rules for a tier; `tier.s3` holds those of Amazon S3, `tier.gcs` those of
 * Google Cloud Storage. Constructs check the
 * rules at synth, because neither `terraform validate` nor `terraform plan` does.
 */
export class Tier {
  /** Cheaper to keep, dearer to read. For objects that are read less than once a month. */
  static readonly infrequentAccess = new Tier(
    "infrequentAccess",
    S3_STORAGE_CLASSES.STANDARD_IA,
    GCS_STORAGE_CLASSES.NEARLINE,
  );

  /** Infrequent access in a single availability zone: lost if that zone is lost. For what can be made again. */
  static readonly oneZoneInfrequentAccess = new Tier("oneZoneInfrequentAccess", S3_STORAGE_CLASSES.ONEZONE_IA);

  /** The cloud watches which objects are read and moves each one by itself. For access that nobody can foretell. */
  static readonly intelligent = new Tier("intelligent", S3_STORAGE_CLASSES.INTELLIGENT_TIERING);

  /** An archive that still answers at once. For objects that are read about once a quarter. */
  static readonly instantArchive = new Tier(
    "instantArchive",
    S3_STORAGE_CLASSES.GLACIER_IR,
    GCS_STORAGE_CLASSES.COLDLINE,
  );

  /** An archive whose objects must be restored before they can be read, in minutes to 12 hours; on Google Cloud they answer at once. */
  static readonly archive = new Tier("archive", S3_STORAGE_CLASSES.GLACIER, GCS_STORAGE_CLASSES.ARCHIVE);

  /** The cheapest archive; restoring takes 12 to 48 hours. */
  static readonly deepArchive = new Tier("deepArchive", S3_STORAGE_CLASSES.DEEP_ARCHIVE);

  /** All tiers, from the warmest to the coldest. */
  static readonly all: readonly Tier[] = [
    Tier.infrequentAccess,
    Tier.intelligent,
    Tier.oneZoneInfrequentAccess,
    Tier.instantArchive,
    Tier.archive,
    Tier.deepArchive,
  ];

  private constructor(
    /** The word, as in `Tier.archive`. */
    readonly name: string,
    /** The storage class of Amazon S3. */
    readonly s3: S3StorageClass,
    /** The storage class of Google Cloud Storage, where there is one. */
    readonly gcs?: GcsStorageClass,
  ) {}

  /** How the tier is written in code; used in messages. */
  toString(): string {
    return `Tier.${this.name}`;
  }
}
