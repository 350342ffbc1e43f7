/** Storage: what a bucket's declaration gets wrong. */
export const storageErrorCodes = {
  InvalidBucketName: "a bucket name breaks a naming rule of S3",
  InvalidKmsKeyArn: "the ARN of a KMS key is none",
  InvalidKeyPrefix: "a prefix matches no object: it has a leading slash or a wildcard",
  NotWholeDays: "a time that S3 counts in whole days is not a number of whole days",
  InvalidLifecycleRuleId: "the id of a lifecycle rule is empty or too long",
  DuplicateLifecycleRuleId: "two lifecycle rules of a bucket have the same id",
  EmptyLifecycleRule: "a lifecycle rule neither moves nor deletes anything",
  EmptySizeRange: "the size filter of a lifecycle rule matches no object",
  TransitionTooEarly: "a transition comes before the age from which S3 takes objects into the tier",
  TransitionNotSupported: "S3 does not move objects from one tier to the next one in the list",
  TransitionsNotIncreasing: "a transition to a colder tier does not come later than the one before",
  TransitionBeforeMinimumStorage:
    "a transition comes before the minimum storage duration of the tier before has passed",
  ExpirationTooEarly: "objects, old versions or incomplete uploads would be deleted after less than a day",
  ExpirationBeforeTransition: "objects are deleted before they reach the last tier",
  NoncurrentVersionsWithoutVersioning: "a rule concerns old versions of a bucket that keeps none",
  RetrievalDelayNotAccepted: "objects go where they cannot be read at once, and nobody said that this is fine",
  IntelligentTieringEmpty: "an intelligent tiering configuration opens no tier",
  IntelligentTieringOutOfRange: "the days of an intelligent tiering configuration are not those that S3 takes",
  IntelligentTieringNotIncreasing: "the deep archive of an intelligent tiering configuration comes before its archive",
  IntelligentTieringUnreachable:
    "no object ever gets into the storage class that an intelligent tiering configuration concerns",
  DestroyWithoutReason: "a bucket may be destroyed, and the reason is empty",
  ForceDestroyNotAllowed: "a bucket that is protected from being destroyed would be emptied on destroy",
} as const satisfies Record<string, string>;
