import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RedisClientType } from "redis";
import { SternaError } from "../../../core/sterna-error";

/** How long a lock outlives its holder. */
const EXPIRY_MILLISECONDS = 5_000;
const RENEWAL_MILLISECONDS = 1_000;
const WAIT_MILLISECONDS = 20_000;

const RENEW =
  "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
const RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0";

/**
 * Holds a lock on the server itself while `work` runs; it expires soon after its holder is gone.
 *
 * @throws SternaError `RotationLocked`
 */
export async function withRedisLock<Result>(
  admin: RedisClientType,
  username: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const key = `sterna:rotation:${username}`;
  const holder = randomUUID();
  for (const end = Date.now() + WAIT_MILLISECONDS; ; await sleep(50)) {
    if ((await admin.set(key, holder, { NX: true, PX: EXPIRY_MILLISECONDS })) !== null) break;
    if (Date.now() > end) {
      throw new SternaError(
        "RotationLocked",
        `another rotation of the user ${username} did not end within ${WAIT_MILLISECONDS / 1000} seconds; try again later`,
      );
    }
  }
  const renewal = setInterval(() => {
    admin.eval(RENEW, { keys: [key], arguments: [holder, String(EXPIRY_MILLISECONDS)] }).catch(() => {});
  }, RENEWAL_MILLISECONDS);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    // Without an answer it expires, and what the work itself failed with is the better message.
    await admin.eval(RELEASE, { keys: [key], arguments: [holder] }).catch(() => {});
  }
}
