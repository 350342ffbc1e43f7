/** Step kinds: what the steps of one kind can find wrong. */
export const stepKindsErrorCodes = {
  SourceMissing: "a file or directory that a step reads does not exist",
  SourceEmpty: "a directory holds nothing of what a step should take from it, as an unmounted volume does",
  SourceRefused: "a directory holds links, sockets, or names that a step cannot take along",
  SourceChanged: "a file changed while a step was reading it",
  DocumentsInvalid: "files are no JSON documents with a key that can become rows",
  TableUnsuitable: "the table of a step does not have the columns that it needs",
  TargetConflict: "what a step would write is there already, with other content or from somebody else",
  TargetMissing: "the bucket or table that a step writes to does not exist",
  VariablesInvalid: "variables of a dotenv file cannot be mapped as a step says",
  AddressRefused: "a URL is not one that a step may ask",
  BackupUnreadable: "an archive did not give back what went into it",
} as const satisfies Record<string, string>;
