import type { RedisClientType } from "redis";

/** A user as the server knows it. */
export interface RedisUser {
  /** SHA-256 of its passwords, in hexadecimal digits. */
  readonly passwords: readonly string[];

  /** Whether it logs in with any password. */
  readonly asksNoPassword: boolean;
}

/** The user of that name; nothing when there is none. */
export async function findUser(admin: RedisClientType, username: string): Promise<RedisUser | undefined> {
  const reply = (await admin.sendCommand(["ACL", "GETUSER", username])) as unknown as unknown[] | null;
  if (reply === null) return undefined;
  const list = (name: string) => reply[reply.indexOf(name) + 1] as string[];
  return { passwords: list("passwords"), asksNoPassword: list("flags").includes("nopass") };
}
