/** What a compatibility matrix and the path of an upgrade can get wrong. */
export const releasesErrorCodes = {} as const satisfies Record<string, string>;
