/** Command line: what `sterna` finds in a project, and what Terraform answers. */
export const commandLineErrorCodes = {
  ProjectMissing: "the directory has no cdktf.json",
  InvalidProject: "cdktf.json does not set `app`",
  SynthesisFailed: "the app in cdktf.json exited with an error",
  AppFailed: "the app threw an error that is not one of Sterna's",
  NotSynthesized: "the app wrote no stacks, or was not synthesized yet",
  SynthesisUnreadable: "this version of Sterna cannot read a synthesized file",
  TerraformMissing: "terraform is not on the PATH",
  TerraformFailed: "Terraform exited with an error",
  ProviderChanged: "the files of an installed Terraform provider do not match the dependency lock file",
  StateLocked: "another run holds the lock of a stack's Terraform state",
  LockIdMissing: "a state is unlocked by the id of its lock, which was not given",
  PlanNotEmpty: "a stack can only be recorded while its plan is empty",
  Interrupted: "a command was interrupted while Terraform was running",
  PlanUnreadable: "this version of Sterna cannot read a plan",
  RecordUnreadable: "the record of an apply was changed or is not one of Sterna",
  RecordsUnreachable: "the bucket of the apply records cannot be read or written",
  PlanChanged: "an input of a saved plan changed since the plan was made",
  PlanNotReviewed: "a protected environment has no saved plan that could have been reviewed",
  ApprovalMissing: "there is no terminal to approve a plan on, and --auto-approve was not given",
  PinsChanged: "releases.json changed while a command was trying a new pin",
  StepBusy: "the ledger row of a step cannot be edited while the step is running",
  ReasonMissing: "the ledger is edited by hand without a reason",
  AdoptionRefused: "the steps found in a system that was migrated by hand do not match the order of the steps",
  StackWorkerFailed: "the process that inspects the steps of a stack ended without a result",
  InvalidUsage: "the command line was called with arguments or options that it does not take",
  FolderNotEmpty: "sterna init would write into a folder that holds files",
  PostgresMissing: "no PostgreSQL server is installed that a test could start",
  PostgresFailed: "a PostgreSQL server for tests did not start",
  InvalidDatabases: "the databases of a project are not ones that a server on this machine can hold",
  MigrationNotReversible: "a migration under test did not undo what it did",
} as const satisfies Record<string, string>;

/** Pipelines: what `sterna ci` writes, and what the jobs of a pipeline ask of GitHub and GitLab. */
export const ciErrorCodes = {
  StateInCheckout: "state, ledgers, or records are stored in the checkout, which a pipeline discards",
  PipelineOutside: "the project is not inside the repository of the pipeline",
  PipelineEdited: "a file of a pipeline was edited by hand, or was not written by Sterna",
  ForgeUnknown: "the command only works in a job of GitHub Actions or GitLab CI",
  ForgeFailed: "GitHub or GitLab rejected a request",
  ReviewMissing: "the commit to apply has no reviewed plan",
} as const satisfies Record<string, string>;

/** Promotion: what promotes and rolls back. */
export const promotionErrorCodes = {
  NotNextEnvironment: "a release can only be promoted to the next environment",
  ReleaseNotApplied: "the release was never applied in the environment that should prove it",
  LastApplyFailed: "the last apply failed in the environment that should prove the release",
  ChangesNotProved:
    "a plan for a protected environment has changes that the previous environment did not prove, or a rollback does more than undo a newer release",
  EnvironmentDrifted: "the environment that should prove a release drifted since its last apply",
  RecordsBroken: "a record of an apply was edited or is missing",
  InvalidWaivers: "waivers.json does not match its schema",
  StepsNotProved: "steps were not proved by the previous environment, or only by a row that was edited by hand",
  AppliedStepRemoved:
    "an applied step was removed from a release that stays, and `removed` of the migration does not list it",
  StepOutOfOrder: "a step would run after steps that come later, and `outOfOrder` of the migration does not list it",
  ReleaseNotOlder: "the target of a rollback is not an older release",
  NextEnvironmentNewer: "a rollback would leave a later environment on a newer release",
  PinIgnored: "the app does not take its pins from releases.json",
} as const satisfies Record<string, string>;

/** What a compatibility matrix and the path of an upgrade can get wrong. */
export const releasesErrorCodes = {
  InvalidCompatibility: "a compatibility matrix has no rows, or an invalid row",
  NoUpgradePath: "the compatibility matrix has no path to a release",
  RequiredStopSkipped: "a move skips a release at which the compatibility matrix requires a stop",
  RollbackUnsupported: "the compatibility matrix does not allow a rollback of this move",
} as const satisfies Record<string, string>;

/** What gates, evidence and waivers refuse. */
export const gatesErrorCodes = {
  InvalidEvidence: "an evidence file does not match its schema, or has the path of another",
  InvalidGate: "a gate has no title, or its evidence can never be valid",
  DuplicateGate: "two gates of a stack have the same id, or a stack has two `Gates`",
  UnknownGate: "an attestation or a waiver names a gate that the stack does not have",
  InvalidWaiver: "a waiver names a gate that cannot be waived, or changes that are not judged",
  InvalidMaintenanceWindow: "a maintenance window has an invalid schedule, time zone, or length",
  PlainSecretInEnvironment: "an environment variable of a resource contains a literal secret",
  CorsNotExplicit: "CORS allows every origin, or a localhost origin",
  ListenerWithoutTls: "a public listener has no TLS, or an outdated TLS policy",
  ServiceNotAlarmed: "a service has no alarm with an action",
  StatefulNotBackedUp: "a resource with data has no backup",
  StepWithoutWayBack: "a step of the synthesized stack has neither `down` nor a reason",
  SynthGateRefused: "a custom gate rejected the synthesized stack",
  StatefulResourceLost: "a plan destroys or replaces a resource with data",
  DriftFound: "something was changed outside of Terraform",
  GateNotAttestable: "an attestation is for a gate that is not opened by a person",
  EvidenceMissing: "the evidence that a gate requires has not been attested",
  EvidenceExpired: "the attestation that a gate requires has expired",
  EvidenceForOtherRelease: "the attestation that a gate requires is for another release",
  RestoreDrillMissing: "there is no successful restore drill that is recent enough",
  BackupTooOld: "there is no backup that is recent enough",
  OutsideMaintenanceWindow: "an environment would change outside of its maintenance windows",
} as const satisfies Record<string, string>;

/** `sterna/testing`: servers for tests, and what a migration under test did. */
export const testingErrorCodes = {
  MotoMissing: "moto_server, which the AWS stand-in for tests needs, is not installed",
  MotoFailed: "the AWS stand-in for tests did not start",
  PostgresMissing: "no PostgreSQL server is installed that a test could start",
  PostgresFailed: "a PostgreSQL server for tests did not start",
  InvalidDatabases: "the databases of a project are not ones that a server on this machine can hold",
  MigrationNotReversible: "a migration under test did not undo what it did",
} as const satisfies Record<string, string>;
