/** What schedules, backups and restore drills can get wrong. */
export const backupErrorCodes = {} as const satisfies Record<string, string>;
