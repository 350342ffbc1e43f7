/** What gates, evidence and waivers refuse. */
export const gatesErrorCodes = {} as const satisfies Record<string, string>;
