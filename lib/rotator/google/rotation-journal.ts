import { z } from "zod";
import { SternaError } from "../../core/errors";
import { parseJson } from "../../core/text";
import type { SecretManagerClient } from "../../clouds/google-secret-manager";

/** A rotation that created a value. */
export interface JournalledRotation {
  /** Number of its entry. */
  readonly entry: number;
  readonly token: string;
  readonly value: string;
  readonly startedAt: Date;
}

/** State of a journal. */
export interface JournalState {
  /** The rotation in progress. */
  readonly open?: JournalledRotation | undefined;

  /** The rotation that ended last. */
  readonly last?: JournalledRotation | undefined;

  /** Number of the entry that ended it; 0 before the first. The next rotation must follow it. */
  readonly end: number;
}

const beginning = z.object({
  token: z.string(),
  value: z.string(),
  /** `end` of the state from which the value was created. */
  follows: z.number().int().min(0),
  at: z.coerce.date(),
});
const ending = z.object({ settled: z.number().int().positive() });
const journalEntry = z.union([beginning, ending]);

/**
 * Records which rotations of a secret began and ended, in a separate secret whose versions are the entries.
 *
 * Secret Manager has no conditional writes, but it numbers versions: all readers see the entries in the same order. A
 * start entry names the end that it follows. Of several that follow the same end, the first counts, and so does its
 * first end entry. Late and duplicate entries are ignored. This lets two concurrent rotators, which a limit of one
 * Cloud Run instance makes rare but not impossible, agree without a lock.
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
   * @param state from which the value was created
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

  /** Ends a rotation, and destroys obsolete entries. */
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

/**
 * A secret whose versions are added and read by number, like the entries of a log. Secret Manager guarantees
 * consistency only for this: `latest`, aliases and lists may lag behind for hours. So `latest` is only a starting
 * point, and the last version is the one without a successor. Numbers begin at 1 and have no gaps.
 *
 * @see https://cloud.google.com/secret-manager/docs/reference/consistency
 */
export class AppendOnlySecret {
  /** A number that is known to exist. */
  private known = 0;
  private readonly values = new Map<number, string>();

  constructor(
    private readonly client: SecretManagerClient,
    /** `projects/<project>/secrets/<name>`. */
    readonly name: string,
  ) {}

  /** Number of the last version. 0 if there is none. */
  async last(): Promise<number> {
    if (this.known === 0) this.keep(await this.client.accessVersion(this.name, "latest"));
    while (await this.exists(this.known + 1));
    return this.known;
  }

  /** The value of a version. Undefined if it is disabled or destroyed. */
  async value(number: number): Promise<string | undefined> {
    if (!this.values.has(number)) await this.exists(number);
    return this.values.get(number);
  }

  /** Adds a version, and returns its number. */
  async add(value: string): Promise<number> {
    const number = await this.client.addVersion(this.name, value);
    this.keep({ number, value });
    return number;
  }

  /** Destroys the versions before a given one, if they are still readable, up to a maximum number per call. */
  async destroyBefore(number: number, { first, most }: { first: number; most: number }): Promise<void> {
    for (let older = number - 1; older >= Math.max(first, number - most); older--) {
      const found = await this.client.accessVersion(this.name, older);
      if (found?.value === undefined) return;
      await this.client.destroyVersion(this.name, older);
    }
  }

  private async exists(number: number): Promise<boolean> {
    const found = await this.client.accessVersion(this.name, number);
    this.keep(found);
    return found !== undefined;
  }

  private keep(found: { number: number; value: string | undefined } | undefined): void {
    if (found === undefined) return;
    this.known = Math.max(this.known, found.number);
    if (found.value !== undefined) this.values.set(found.number, found.value);
  }
}
