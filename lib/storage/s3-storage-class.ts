/**
 * What Amazon S3 says about one of its storage classes.
 *
 * Days, because that is the unit in which S3 counts.
 */
export interface S3StorageClass {
  /** Name in the S3 API. */
  readonly id: S3StorageClassId;

  /** Age in days that an object must have before a lifecycle rule may move it here. */
  readonly minimumAge: number;

  /** Days that are paid for even if the object leaves earlier. A rule may not move it on before they have passed. */
  readonly minimumStorageDays: number;

  /** Whether `GetObject` answers at once. Otherwise an object must be restored first, which takes minutes to hours. */
  readonly readableAtOnce: boolean;

  /** US dollars for a gigabyte and month; list price of us-east-1. */
  readonly storagePrice: number;

  /** US dollars for reading a gigabyte; list price of us-east-1, with the standard speed where there are several. */
  readonly retrievalPrice: number;

  /** Kilobytes that are paid for an object that is smaller; 0 where the size of the object counts. */
  readonly minimumBilledKibibytes: number;

  /** Classes that a lifecycle rule can move an object to from here. */
  readonly movesTo: readonly S3StorageClassId[];
}

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
export const S3_STORAGE_CLASSES: Readonly<Record<S3StorageClassId, S3StorageClass>> = {
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
