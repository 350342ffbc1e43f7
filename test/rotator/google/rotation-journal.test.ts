import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { SternaError } from "../../../lib/core/errors";
import { AppendOnlySecret, type JournalState, RotationJournal } from "../../../lib/rotator/google/rotation-journal";
import { SecretManagerClient, type AccessedVersion } from "../../../lib/clouds/google-secret-manager";

/** The versions of one secret, in memory: what the laws are about is who reads which of them. */
class Versions extends SecretManagerClient {
  readonly all: string[] = [];
  private readonly destroyed = new Set<number>();

  constructor() {
    super({});
  }

  override async addVersion(_secret: string, value: string): Promise<number> {
    return this.all.push(value);
  }

  override async accessVersion(_secret: string, version: number | "latest"): Promise<AccessedVersion | undefined> {
    if (version === "latest") return undefined;
    const value = this.all[version - 1];
    return value === undefined
      ? undefined
      : { number: version, value: this.destroyed.has(version) ? undefined : value };
  }

  override async destroyVersion(_secret: string, version: number): Promise<void> {
    this.destroyed.add(version);
  }
}

interface Entry {
  readonly token?: string;
  readonly follows?: number;
  readonly settled?: number;
}

/** What a journal means, said by reading all of it from the beginning. */
function meaning(entries: readonly Entry[]): { open: string | undefined; last: string | undefined; end: number } {
  let open: { token: string; number: number } | undefined;
  let last: string | undefined;
  let end = 0;
  entries.forEach(({ token, follows, settled }, index) => {
    const number = index + 1;
    if (token !== undefined && open === undefined && follows === end) open = { token, number };
    else if (open !== undefined && settled === open.number) {
      last = open.token;
      [open, end] = [undefined, number];
    }
  });
  return { open: open?.token, last, end };
}

it("means the same to everybody, however late each of several rotators acts on what it saw", async () => {
  const acts = fc.array(fc.tuple(fc.nat(2), fc.constantFrom("look", "begin", "end", "end twice")), {
    maxLength: 40,
    size: "max",
  });
  await fc.assert(
    fc.asyncProperty(acts, async (schedule) => {
      // GIVEN
      const client = new Versions();
      const journal = () => new RotationJournal(new AppendOnlySecret(client, "projects/p/secrets/s-rotation"));
      const rotators = [0, 1, 2].map(() => ({ journal: journal(), seen: { end: 0 } as JournalState }));

      for (const [index, [which, act]] of schedule.entries()) {
        const rotator = rotators[which]!;
        const token = `rotation-${index}`;

        // WHEN
        if (act === "look") rotator.seen = await rotator.journal.read();
        if (act === "begin") {
          const began = await rotator.journal.begin(token, "value", rotator.seen).then(
            () => true,
            (error: Error) => {
              expect(error).toBeInstanceOf(SternaError);
              return false;
            },
          );
          // THEN who was not refused has the only rotation that is open
          expect((await journal().read()).open?.token === token).toBe(began);
        }
        for (
          let times = act === "end twice" ? 2 : 1;
          act.startsWith("end") && rotator.seen.open && times > 0;
          times--
        ) {
          await rotator.journal.end(rotator.seen.open);
        }

        // THEN
        const { open, last, end } = await journal().read();
        const expected = meaning(client.all.map((text) => JSON.parse(text) as Entry));
        expect({ open: open?.token, last: last?.token, end }).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
});
