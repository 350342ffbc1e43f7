import { z } from "zod";
import { parseJson } from "../../../core/server-login";
import { SternaError } from "../../../core/sterna-error";
import type { AppendOnlySecret } from "./append-only-secret";

/** A rotation that made a value. */
export interface JournalledRotation {
  /** Number of its entry. */
  readonly entry: number;
  readonly token: string;
  readonly value: string;
  readonly startedAt: Date;
}

/** What a journal says. */
export interface JournalState {
  /** The rotation that is not over. */
  readonly open?: JournalledRotation | undefined;

  /** The rotation that was the last to end. */
  readonly last?: JournalledRotation | undefined;

  /** Number of the entry that ended it; 0 before the first. The next rotation has to follow it. */
  readonly end: number;
}

const beginning = z.object({
  token: z.string(),
  value: z.string(),
  /** `end` of the state from which the value was made. */
  follows: z.number().int().min(0),
  at: z.coerce.date(),
});
const ending = z.object({ settled: z.number().int().positive() });
const journalEntry = z.union([beginning, ending]);

/**
 * Which rotations of a secret began and ended: a secret of its own, whose versions are the entries.
 *
 * Secret Manager has no condition for writes, but it numbers versions: who reads the entries in their order sees what
 * everybody else sees. A beginning says which ending it follows; of several that follow the same, the first counts, and
 * so does the first ending of it. What came too late, or twice, means nothing. Two rotators at once, which a limit of
 * one instance of Cloud Run makes rare but does not exclude, so agree without a lock.
 *
 * @see https://cloud.google.com/run/docs/configuring/max-instances (can be exceeded for a brief period)
 */
export class RotationJournal {
  constructor(private readonly entries: AppendOnlySecret) {}

  async read(): Promise<JournalState> {
    const found: Array<{ number: number; entry: z.infer<typeof journalEntry> }> = [];
    let follows: number | undefined;
    for (let number = await this.entries.last(); number > (follows ?? 0); number--) {
      const entry = await this.entry(number);
      if (entry === undefined) continue;
      found.unshift({ number, entry });
      if ("token" in entry) follows = Math.max(follows ?? 0, entry.follows);
    }
    for (const { number, entry } of found) {
      if (!("token" in entry) || entry.follows !== follows) continue;
      const rotation = { entry: number, token: entry.token, value: entry.value, startedAt: entry.at };
      const end = found.find(({ entry }) => "settled" in entry && entry.settled === number)?.number;
      if (end !== undefined) return { last: rotation, end };
      return { open: rotation, last: await this.endedBy(follows), end: follows };
    }
    return { end: 0 };
  }

  /**
   * Begins a rotation.
   *
   * @param state from which the value was made
   * @throws SternaError `RotationLost` when another rotation began or ended since
   */
  async begin(token: string, value: string, state: JournalState): Promise<void> {
    if (state.open?.token === token) return;
    if (state.open === undefined) {
      await this.entries.add(JSON.stringify({ token, value, follows: state.end, at: new Date().toISOString() }));
      if ((await this.read()).open?.token === token) return;
    }
    throw new SternaError(
      "RotationLost",
      `another rotation is in ${this.entries.name}, so the value that rotation ${token} made counts for nothing; rotate again`,
    );
  }

  /** Ends a rotation, and destroys the entries that nobody needs any more. */
  async end({ entry }: JournalledRotation): Promise<void> {
    await this.entries.add(JSON.stringify({ settled: entry }));
    await this.entries.destroyBefore(entry, { first: 1, most: 10 });
  }

  private async entry(number: number): Promise<z.infer<typeof journalEntry> | undefined> {
    return journalEntry.safeParse(parseJson(await this.entries.value(number))).data;
  }

  private async endedBy(number: number): Promise<JournalledRotation | undefined> {
    const end = number === 0 ? undefined : await this.entry(number);
    if (end === undefined || "token" in end) return undefined;
    const began = await this.entry(end.settled);
    if (began === undefined || !("token" in began)) return undefined;
    return { entry: end.settled, token: began.token, value: began.value, startedAt: began.at };
  }
}
