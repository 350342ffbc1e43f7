import type { RedisClientType } from "redis";
import { SternaError } from "../../../core/sterna-error";

/**
 * Keeps the users of a server for its next start: a password that is gone then would lock everybody out.
 *
 * @throws SternaError `RotationNotDurable`
 */
export async function keepUsers(admin: RedisClientType): Promise<void> {
  await refuseOtherNodes(admin);
  const outcomes: string[] = [];
  for (const command of [
    ["ACL", "SAVE"],
    ["CONFIG", "REWRITE"],
  ]) {
    try {
      await admin.sendCommand(command);
      return;
    } catch (error) {
      outcomes.push(`${command.join(" ")}: ${(error as Error).message}`);
    }
  }
  throw refusal(
    `Redis would forget the new password when it restarts (${outcomes.join("; ")}). Configure an aclfile, or start it ` +
      "with a configuration file",
  );
}

/** Users are not replicated (redis/redis#6738, #7988): after a failover nobody could log in with the new password. */
async function refuseOtherNodes(admin: RedisClientType): Promise<void> {
  const [role, , replicas] = (await admin.sendCommand(["ROLE"])) as unknown as [string, unknown, unknown];
  const connected = role === "master" ? (replicas as unknown[]).length : 0;
  const hello = (await admin.sendCommand(["HELLO"])) as unknown[];
  const cluster = hello[hello.indexOf("mode") + 1] === "cluster";
  if (role === "master" && connected === 0 && !cluster) return;
  const what = cluster ? "is a node of a cluster" : role === "master" ? `has ${connected} replicas` : "is a replica";
  throw refusal(
    `this Redis ${what}, and no node tells another about its users. Rotate them with the tool that made them`,
  );
}

function refusal(message: string): SternaError {
  return new SternaError("RotationNotDurable", `${message}, or say with notDurable why that does not matter`);
}
