/** What a transfer between stores can find wrong. */
export const transfersErrorCodes = {
  InvalidTransfer: "the phases of a transfer do not go together",
  TransferIntoItself: "source and target of a transfer are the same, or one inside of the other",
  InvalidTransferStart: "the first day of a transfer job is no day",
  TransferManifestUnreadable: "the manifest of a transfer is not as Sterna wrote it",
  TransferLosesVersions: "the source of a transfer keeps old versions, which would stay behind",
  TransferLosesTags: "objects of a transfer have tags, which would be lost, or that its target cannot keep",
  TransferDamaged: "an object arrived with another content than was sent",
  TransferNotCutOver: "the source of a transfer cannot be retired before its cut-over",
  SourceStillWritten: "somebody wrote to the source of a transfer after its cut-over",
  StoreRefused: "Cloud Storage refused a request",
} as const satisfies Record<string, string>;
