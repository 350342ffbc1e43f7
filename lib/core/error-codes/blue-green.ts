/** What a rollout and its colours can get wrong. */
export const blueGreenErrorCodes = {} as const satisfies Record<string, string>;
