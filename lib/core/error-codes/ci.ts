/** Pipelines: what `sterna ci` writes, and what the jobs of a pipeline ask of GitHub and GitLab. */
export const ciErrorCodes = {
  StateInCheckout: "state, ledgers or records lie in the checkout, which a pipeline throws away",
  PipelineOutside: "the project is not inside of the repository that the pipeline is written for",
  PipelineEdited: "a file of a pipeline was edited by hand, or somebody else wrote it",
  ForgeUnknown: "the command works only in a job of GitHub Actions or GitLab CI",
  ForgeFailed: "GitHub or GitLab did not do what it was asked for",
  ReviewMissing: "no reviewed plan belongs to the commit that is to be applied",
} as const satisfies Record<string, string>;
