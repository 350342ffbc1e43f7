/** What secrets, their rotation and their import can get wrong. */
export const secretsErrorCodes = {} as const satisfies Record<string, string>;
