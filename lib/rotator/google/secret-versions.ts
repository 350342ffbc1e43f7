import { SternaError } from "../../core/errors";
import type { SecretVersions, Stages } from "../rotation";
import { AppendOnlySecret, RotationJournal, type JournalledRotation, type JournalState } from "./rotation-journal";
import type { SecretManagerClient } from "../../clouds/google-secret-manager";

/**
 * A value, with the numbers of the first and the last consecutive version that hold it: a lost response creates two of
 * them.
 */
interface NumberedValue {
  first: number;
  readonly last: number;
  readonly value: string;
}

/** A promoted value, which services read or have read. */
interface Promoted extends NumberedValue {
  readonly id: string;
}

/** How many versions are searched for a current or a previous value, below manually disabled ones. */
const LOOK_BACK = 20;

/** Maximum number of versions that one rotation destroys. Each rotation creates two, so old ones become fewer. */
const MOST_DESTROYED = 10;

/** The secret that records the progress of another secret's rotation. */
export function journalOf(secretId: string): string {
  return `${secretId}-rotation`;
}

/**
 * The versions of a secret in Google Secret Manager, which has no labels that can be moved together: the secret itself
 * holds only promoted values, so that readers of `latest` get a working one, and a second secret is the journal of the
 * rotations.
 */
export class GoogleSecretVersions implements SecretVersions {
  private readonly promoted: AppendOnlySecret;
  private readonly journal: RotationJournal;
  private seen: { state: JournalState; promoted: readonly Promoted[] } | undefined;

  constructor(
    private readonly client: SecretManagerClient,
    /** `projects/<project>/secrets/<name>`. */
    readonly secretId: string,
  ) {
    this.promoted = new AppendOnlySecret(client, secretId);
    this.journal = new RotationJournal(new AppendOnlySecret(client, journalOf(secretId)));
  }

  async stages(): Promise<Stages> {
    const state = await this.journal.read();
    const promoted = await this.lastPromoted(state);
    this.seen = { state, promoted };
    return { current: promoted[0]?.id, pending: state.open?.token, previous: promoted[1]?.id };
  }

  async value(versionId: string | undefined): Promise<string | undefined> {
    const { state, promoted } = this.seen ?? (await this.look());
    if (versionId !== undefined && state.open?.token === versionId) return state.open.value;
    return promoted.find(({ id }) => id === versionId)?.value;
  }

  async currentValueOf(secretId: string): Promise<string | undefined> {
    const [newest] = await newestValues(new AppendOnlySecret(this.client, secretId), 1);
    return newest?.value;
  }

  /** @throws SternaError `RotationLost` when the state from which the value was created is outdated */
  async putPending(versionId: string, value: string): Promise<void> {
    const { state } = this.seen ?? (await this.look());
    await this.journal.begin(versionId, value, state);
  }

  /** @throws SternaError `RotationLost` */
  async promote(versionId: string, from: string | undefined): Promise<void> {
    const { state, promoted } = await this.look();
    const { open } = state;
    if (promoted[0]?.id === versionId) return;
    if (open?.token !== versionId || promoted[0]?.id !== from) throw this.lost(versionId);
    const number = await this.promoted.add(open.value);
    await this.giveWay(open, number, promoted[0]?.last ?? 0);
  }

  /** The end of a rotation: destroys versions that are neither current nor previous. */
  async clearPending(versionId: string): Promise<void> {
    const { state, promoted } = await this.look();
    if (state.open?.token !== versionId) return;
    await this.journal.end(state.open);
    const previous = promoted[1];
    // Terraform may have created the first version, and would recreate it.
    if (previous) await this.promoted.destroyBefore(previous.first, { first: 2, most: MOST_DESTROYED });
  }

  /** The rotation that ended last. */
  async lastRotation(): Promise<JournalledRotation | undefined> {
    return (await this.journal.read()).last;
  }

  private async look() {
    await this.stages();
    return this.seen!;
  }

  /** A rotator that was suspended while others ended this rotation and promoted another value restores theirs. */
  private async giveWay(mine: JournalledRotation, number: number, before: number): Promise<void> {
    if ((await this.journal.read()).open?.token === mine.token) return;
    for (let other = number - 1; other > before; other--) {
      const value = await this.promoted.value(other);
      if (value === undefined || value === mine.value) continue;
      await this.promoted.add(value);
      throw this.lost(mine.token);
    }
  }

  private async lastPromoted({ open, last }: JournalState): Promise<Promoted[]> {
    const newest = await newestValues(this.promoted, 2);
    return newest.map((numbered) => ({
      ...numbered,
      id: [open, last].find((rotation) => rotation?.value === numbered.value)?.token ?? String(numbered.first),
    }));
  }

  private lost(versionId: string): SternaError {
    return new SternaError(
      "RotationLost",
      `version ${versionId} of ${this.secretId} is not pending any more, or another value became current. ` +
        "Another rotation took over; start a new one.",
    );
  }
}

/** The newest distinct values of a secret. */
async function newestValues(secret: AppendOnlySecret, count: number): Promise<NumberedValue[]> {
  const found: NumberedValue[] = [];
  const last = await secret.last();
  for (let number = last; number > Math.max(0, last - LOOK_BACK); number--) {
    const value = await secret.value(number);
    if (value === undefined) continue;
    const same = found.find((one) => one.value === value);
    if (same) same.first = number;
    else if (found.length === count) break;
    else found.push({ first: number, last: number, value });
  }
  return found;
}
