/** Promotion: what promotes and rolls back. */
export const promotionErrorCodes = {
  NotNextEnvironment: "a release moves to the next environment only, never past one or back",
  ReleaseNotApplied: "the release was never applied in the environment that should prove it",
  LastApplyFailed: "the last apply in the environment that should prove a release failed",
  ChangesNotProved: "a protected environment would take changes that the environment before did not prove",
  EnvironmentDrifted: "the environment that should prove a release is not as its last apply left it",
  RecordsBroken: "a record of an apply was edited or is missing",
  InvalidWaivers: "waivers.json does not match its schema",
  StepsNotProved: "steps were not proved by the environment before",
  ReleaseNotOlder: "a rollback goes to an older release",
  NextEnvironmentNewer: "a rollback would leave a later environment with a newer release than this one",
  PinIgnored: "the app does not take its pins from releases.json",
} as const satisfies Record<string, string>;
