/**
 * Properties of an Amazon S3 storage class.
 *
 * Durations are in days, the unit of S3 Lifecycle.
 */
export interface S3StorageClass {
  /** Name in the S3 API. */
  readonly id: S3StorageClassId;

  /** Minimum age in days before a lifecycle rule may move an object here. */
  readonly minimumAge: number;

  /** Days that are billed even if the object is removed earlier. A rule may not move it on before they have passed. */
  readonly minimumStorageDays: number;

  /** Whether `GetObject` works at once. Otherwise an object must be restored first, which takes minutes to hours. */
  readonly readableAtOnce: boolean;

  /** US dollars per gigabyte and month. List price of us-east-1. */
  readonly storagePrice: number;

  /** US dollars per gigabyte read. List price of us-east-1, at the standard speed if there are several. */
  readonly retrievalPrice: number;

  /** Minimum size in kilobytes that is billed for a smaller object. 0 if the actual size counts. */
  readonly minimumBilledKibibytes: number;

  /** Classes that a lifecycle rule can move an object to from here. */
  readonly movesTo: readonly S3StorageClassId[];
}

/** A storage class of S3 that objects can be moved to. */
export type S3StorageClassId =
  "STANDARD_IA" | "INTELLIGENT_TIERING" | "ONEZONE_IA" | "GLACIER_IR" | "GLACIER" | "DEEP_ARCHIVE";

/**
 * The storage classes that S3 Lifecycle can move objects to, from the warmest to the coldest.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 *   for `minimumAge` and `movesTo`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html#sc-compare
 *   for `minimumStorageDays`, `readableAtOnce` and `minimumBilledKibibytes`
 * @see https://aws.amazon.com/s3/pricing/ for the prices, of 2025; other regions cost up to twice as much
 */
const S3_STORAGE_CLASSES: Readonly<Record<S3StorageClassId, S3StorageClass>> = {
  STANDARD_IA: {
    id: "STANDARD_IA",
    minimumAge: 30,
    minimumStorageDays: 30,
    readableAtOnce: true,
    storagePrice: 0.0125,
    retrievalPrice: 0.01,
    minimumBilledKibibytes: 128,
    movesTo: ["INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"],
  },
  INTELLIGENT_TIERING: {
    id: "INTELLIGENT_TIERING",
    minimumAge: 0,
    minimumStorageDays: 0,
    readableAtOnce: true,
    storagePrice: 0.023,
    retrievalPrice: 0,
    minimumBilledKibibytes: 0,
    movesTo: ["ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"],
  },
  ONEZONE_IA: {
    id: "ONEZONE_IA",
    minimumAge: 30,
    minimumStorageDays: 30,
    readableAtOnce: true,
    storagePrice: 0.01,
    retrievalPrice: 0.01,
    minimumBilledKibibytes: 128,
    movesTo: ["GLACIER", "DEEP_ARCHIVE"],
  },
  GLACIER_IR: {
    id: "GLACIER_IR",
    minimumAge: 0,
    minimumStorageDays: 90,
    readableAtOnce: true,
    storagePrice: 0.004,
    retrievalPrice: 0.03,
    minimumBilledKibibytes: 128,
    movesTo: ["GLACIER", "DEEP_ARCHIVE"],
  },
  GLACIER: {
    id: "GLACIER",
    minimumAge: 0,
    minimumStorageDays: 90,
    readableAtOnce: false,
    storagePrice: 0.0036,
    retrievalPrice: 0.01,
    minimumBilledKibibytes: 0,
    movesTo: ["DEEP_ARCHIVE"],
  },
  DEEP_ARCHIVE: {
    id: "DEEP_ARCHIVE",
    minimumAge: 0,
    minimumStorageDays: 180,
    readableAtOnce: false,
    storagePrice: 0.00099,
    retrievalPrice: 0.02,
    minimumBilledKibibytes: 0,
    movesTo: [],
  },
};

/** Properties of a Google Cloud Storage storage class. */
export interface GcsStorageClass {
  /** Name in the API. */
  readonly id: GcsStorageClassId;

  /** Days that are billed even if the object is removed earlier. */
  readonly minimumStorageDays: number;

  /** US dollars per gigabyte and month. List price of us-central1. */
  readonly storagePrice: number;

  /** US dollars per gigabyte read. */
  readonly retrievalPrice: number;
}

/** A storage class of Cloud Storage that objects can be moved to. */
export type GcsStorageClassId = "NEARLINE" | "COLDLINE" | "ARCHIVE";

/**
 * The storage classes that a lifecycle rule moves objects to, from the warmest to the coldest. All of them can be read
 * at once, and a rule only moves objects to a colder one.
 *
 * @see https://cloud.google.com/storage/docs/storage-classes for the minimum storage durations
 * @see https://cloud.google.com/storage/docs/lifecycle#setstorageclass for the order
 * @see https://cloud.google.com/storage/pricing for the prices, of 2025
 */
const GCS_STORAGE_CLASSES: Readonly<Record<GcsStorageClassId, GcsStorageClass>> = {
  NEARLINE: { id: "NEARLINE", minimumStorageDays: 30, storagePrice: 0.01, retrievalPrice: 0.01 },
  COLDLINE: { id: "COLDLINE", minimumStorageDays: 90, storagePrice: 0.004, retrievalPrice: 0.02 },
  ARCHIVE: { id: "ARCHIVE", minimumStorageDays: 365, storagePrice: 0.0012, retrievalPrice: 0.05 },
};

/**
 * Storage tier, independent of the cloud.
 *
 * Each cloud has its own name and rules for a tier: `tier.s3` has those of Amazon S3, `tier.gcs` those of Google Cloud
 * Storage. Constructs check the rules at synth, because neither `terraform validate` nor `terraform plan` does.
 */
export class Tier {
  /** Cheaper storage, more expensive reads. For objects that are read less than once a month. */
  static readonly infrequentAccess = new Tier(
    "infrequentAccess",
    S3_STORAGE_CLASSES.STANDARD_IA,
    GCS_STORAGE_CLASSES.NEARLINE,
  );

  /** Infrequent access in a single availability zone: lost if that zone is lost. For data that can be recreated. */
  static readonly oneZoneInfrequentAccess = new Tier("oneZoneInfrequentAccess", S3_STORAGE_CLASSES.ONEZONE_IA);

  /** The cloud monitors reads and moves each object automatically. For unpredictable access. */
  static readonly intelligent = new Tier("intelligent", S3_STORAGE_CLASSES.INTELLIGENT_TIERING);

  /** An archive that can still be read at once. For objects that are read about once a quarter. */
  static readonly instantArchive = new Tier(
    "instantArchive",
    S3_STORAGE_CLASSES.GLACIER_IR,
    GCS_STORAGE_CLASSES.COLDLINE,
  );

  /**
   * An archive whose objects must be restored before they can be read, in minutes to 12 hours. On Google Cloud they can
   * be read at once.
   */
  static readonly archive = new Tier("archive", S3_STORAGE_CLASSES.GLACIER, GCS_STORAGE_CLASSES.ARCHIVE);

  /** The cheapest archive. Restoring takes 12 to 48 hours. */
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
    /** Name of the tier, as in `Tier.archive`. */
    readonly name: string,
    /** The storage class of Amazon S3. */
    readonly s3: S3StorageClass,
    /** The storage class of Google Cloud Storage, if there is one. */
    readonly gcs?: GcsStorageClass,
  ) {}

  /** The tier as written in code, for messages. */
  toString(): string {
    return `Tier.${this.name}`;
  }
}
