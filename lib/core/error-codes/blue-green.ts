/** What a rollout and its colours can get wrong. */
export const blueGreenErrorCodes = {
  RolloutJump: "a rollout does not go from its phase to the one that is asked for",
  CanaryOutOfRange: "the share of a canary is no whole percent from 1 to 99",
} as const satisfies Record<string, string>;
