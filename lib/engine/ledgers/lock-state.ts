import { z } from "zod";
import { processIdentity } from "./process-identity";

/**
 * What the object of a lock says.
 *
 * - `held`: until its age exceeds the lifetime
 * - `free`: released by a holder that writes no more
 * - `abandoned`: released by a holder that does not know whether its last write still arrives
 */
export const lockState = z.object({
  state: z.enum(["held", "free", "abandoned"]),
  /** Fencing token: each holder has a higher one than all before it. */
  token: z.number().int().positive(),
  /** Names one acquisition. */
  owner: z.string(),
  holder: processIdentity,
  /** Counts the signs of life, so that no two states of a lock have the same bytes, and so the same ETag. */
  beat: z.number().int().nonnegative(),
});
export type LockState = z.infer<typeof lockState>;

export function parseLockState(body: string): LockState {
  return lockState.parse(JSON.parse(body));
}
