/** Names of variables and keys that hold secrets by custom. */
export const SECRET_NAME = /(PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS|_KEY)$/i;
