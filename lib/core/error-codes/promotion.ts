/** Command line: what `sterna` finds in a project, and what Terraform answers. */
export const commandLineErrorCodes = {
  ProjectMissing: "the folder holds no cdktf.json",
  InvalidProject: "cdktf.json does not say how to synthesize",
  SynthesisFailed: "the app of cdktf.json ended with an error",
  NotSynthesized: "the app wrote no stacks, or nothing was synthesized yet",
  SynthesisUnreadable: "this version of Sterna cannot read a synthesized file",
  TerraformMissing: "there is no terraform on the PATH",
  TerraformFailed: "Terraform ended with an error",
  StateLocked: "another run holds Terraform's state of the stack",
  LockIdMissing: "a state is unlocked by the id of its lock, which was not given",
  PlanNotEmpty: "what a stack holds is recorded only while a plan of it is empty",
  Interrupted: "a command was interrupted while Terraform worked",
  PlanUnreadable: "this version of Sterna cannot read a plan",
  RecordUnreadable: "the record of an apply was changed or is not one of Sterna",
  RecordsUnreachable: "the records of applies in a bucket cannot be read or written",
  PlanChanged: "an input of a saved plan changed since the plan was made",
  PlanNotReviewed: "a protected environment has no saved plan that could have been reviewed",
  ApprovalMissing: "there is no terminal to approve a plan on, and --auto-approve was not given",
  PinsChanged: "releases.json was changed while a command tried a new pin",
  StepBusy: "the ledger row of a step cannot be edited while the step is being worked on",
  ReasonMissing: "the ledger is edited by hand without a reason",
  AdoptionRefused: "the steps found in a system that was migrated by hand do not match the order of the steps",
  StackWorkerFailed: "the process that asks the steps of a stack ended without an answer",
} as const satisfies Record<string, string>;

/** Pipelines: what `sterna ci` writes, and what the jobs of a pipeline ask of GitHub and GitLab. */
export const ciErrorCodes = {
  StateInCheckout: "state, ledgers or records lie in the checkout, which a pipeline throws away",
  PipelineOutside: "the project is not inside of the repository that the pipeline is written for",
  PipelineEdited: "a file of a pipeline was edited by hand, or was not written by Sterna",
  ForgeUnknown: "the command works only in a job of GitHub Actions or GitLab CI",
  ForgeFailed: "GitHub or GitLab did not do what it was asked for",
  ReviewMissing: "no reviewed plan belongs to the commit that is to be applied",
} as const satisfies Record<string, string>;

/** Promotion: what promotes and rolls back. */
export const promotionErrorCodes = {
  NotNextEnvironment: "a release moves to the next environment only, never past one or back",
  ReleaseNotApplied: "the release was never applied in the environment that should prove it",
  LastApplyFailed: "the last apply in the environment that should prove a release failed",
  ChangesNotProved:
    "a protected environment would take changes that the environment before did not prove; on the way back, changes that do more than take back a newer release",
  EnvironmentDrifted: "the environment that should prove a release drifted since its last apply",
  RecordsBroken: "a record of an apply was edited or is missing",
  InvalidWaivers: "waivers.json does not match its schema",
  StepsNotProved: "steps were not proved by the previous environment, or only by a row that was edited by hand",
  AppliedStepRemoved:
    "an applied step was removed from a release that stays, and `removed` of the migration does not list it",
  StepOutOfOrder: "a step would run after steps that come later, and `outOfOrder` of the migration does not list it",
  ReleaseNotOlder: "the target of a rollback is not an older release",
  NextEnvironmentNewer: "a rollback would leave a later environment with a newer release than this one",
  PinIgnored: "the app does not take its pins from releases.json",
} as const satisfies Record<string, string>;

/** What a compatibility matrix and the path of an upgrade can get wrong. */
export const releasesErrorCodes = {
  InvalidCompatibility: "a compatibility matrix has no rows, or an invalid row",
  NoUpgradePath: "the compatibility matrix holds no path to a release",
  RequiredStopSkipped: "a move skips a release at which the compatibility matrix wants the system to stop",
  RollbackUnsupported: "the compatibility matrix says that a move cannot be taken back",
} as const satisfies Record<string, string>;

/** What gates, evidence and waivers refuse. */
export const gatesErrorCodes = {
  InvalidEvidence: "an evidence file does not match its schema, or has the path of another",
  InvalidGate: "a gate has no title, or evidence that never counts",
  DuplicateGate: "two gates of a stack have one id, or a stack has gates twice",
  UnknownGate: "an attestation or a waiver is for a gate that the stack does not have",
  InvalidWaiver: "a waiver is for a gate that cannot be waived, or names changes where none are looked at",
  InvalidMaintenanceWindow: "a maintenance window has no schedule, zone or length that it can have",
  PlainSecretInEnvironment: "a secret stands in an environment variable of a resource",
  CorsNotExplicit: "CORS allows every origin, or one on this machine",
  ListenerWithoutTls: "a public listener speaks no TLS, or an old one",
  ServiceNotAlarmed: "no alarm with an action is about a service",
  StatefulNotBackedUp: "nothing backs up a resource that keeps data",
  StepWithoutWayBack: "a step has neither `down` nor a reason in the synthesized stack",
  SynthGateRefused: "a check of the project's own found something in the synthesized stack",
  StatefulResourceLost: "a plan destroys or replaces a resource that keeps data",
  DriftFound: "something was changed outside of Terraform",
  GateNotAttestable: "an attestation is for a gate that is not opened by a person",
  EvidenceMissing: "the evidence that a gate requires has not been attested",
  EvidenceExpired: "the attestation that a gate requires has expired",
  EvidenceForOtherRelease: "the attestation that a gate requires is for another release",
  RestoreDrillMissing: "no backup was restored for practice, or too long ago, or without success",
  BackupTooOld: "there is no backup, or none that is young enough",
  OutsideMaintenanceWindow: "an environment is changed outside of its maintenance windows",
} as const satisfies Record<string, string>;
