/** What a transfer between stores can find wrong. */
export const transfersErrorCodes = {} as const satisfies Record<string, string>;
