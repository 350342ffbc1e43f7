/** What Google Cloud Storage says about one of its storage classes. */
export interface GcsStorageClass {
  /** Name in the API. */
  readonly id: GcsStorageClassId;

  /** Days that are paid for even if the object leaves earlier. */
  readonly minimumStorageDays: number;

  /** US dollars for a gigabyte and month; list price of us-central1. */
  readonly storagePrice: number;

  /** US dollars for reading a gigabyte. */
  readonly retrievalPrice: number;
}

export type GcsStorageClassId = "NEARLINE" | "COLDLINE" | "ARCHIVE";

/**
 * The storage classes that a lifecycle rule moves objects to, from the warmest to the coldest. Each one answers at once,
 * and a rule moves objects to a colder one only.
 *
 * @see https://cloud.google.com/storage/docs/storage-classes for the minimum storage durations
 * @see https://cloud.google.com/storage/docs/lifecycle#setstorageclass for the order
 * @see https://cloud.google.com/storage/pricing for the prices, of 2025
 */
export const GCS_STORAGE_CLASSES: Readonly<Record<GcsStorageClassId, GcsStorageClass>> = {
  NEARLINE: { id: "NEARLINE", minimumStorageDays: 30, storagePrice: 0.01, retrievalPrice: 0.01 },
  COLDLINE: { id: "COLDLINE", minimumStorageDays: 90, storagePrice: 0.004, retrievalPrice: 0.02 },
  ARCHIVE: { id: "ARCHIVE", minimumStorageDays: 365, storagePrice: 0.0012, retrievalPrice: 0.05 },
};
