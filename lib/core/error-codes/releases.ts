/** What a compatibility matrix and the path of an upgrade can get wrong. */
export const releasesErrorCodes = {
  InvalidCompatibility: "a compatibility matrix has no rows, or a row that is none",
  NoUpgradePath: "the compatibility matrix holds no path to a release",
  RequiredStopSkipped: "a move skips a release at which the compatibility matrix wants the system to stop",
  RollbackUnsupported: "the compatibility matrix says that a move cannot be taken back",
} as const satisfies Record<string, string>;
