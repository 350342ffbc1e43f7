import { z } from "zod";
import { describeIssues } from "../../core/read-json-file";
import { SternaError } from "../../core/errors";
import type { ObjectStore } from "../../engine/objects/object-store";
import { processIdentity } from "../../manifest/step-record";
import { applyRecord, recordedStep } from "./apply-record";

const ATTEMPTS = 10;

/** What an apply is about to do, written down before it begins. */
const applyIntent = z.object({
  id: z.string(),
  /** The record as it would be if the apply were cut off at once; its changes are all that are planned. */
  record: applyRecord.omit({ version: true, previous: true }),
  /** The planned steps, with the addresses by which Terraform tells of them. */
  steps: z.array(recordedStep.extend({ address: z.string() })),
  /** Where Terraform tells of the apply: a path from the folder of the project. */
  log: z.string(),
  /** The process that applies. */
  by: processIdentity,
});
export type ApplyIntent = z.infer<typeof applyIntent>;
/** An intent as it is written. */
export type NewApplyIntent = z.input<typeof applyIntent>;

const intentsFile = z.object({ version: z.literal(1), open: z.array(applyIntent) });

/**
 * Applies of a stack that were begun, and have no record yet: `<prefix><stack>/intents.json`. One whose process was
 * killed stays here until the next command writes its record.
 */
export class ApplyIntents {
  private readonly key: string;

  /** @param prefix what all keys begin with: empty, or ending with a slash */
  constructor(
    private readonly store: ObjectStore,
    prefix: string,
    stack: string,
  ) {
    this.key = `${prefix}${stack}/intents.json`;
  }

  /**
   * All that are open, oldest first.
   *
   * @throws SternaError `RecordUnreadable`
   */
  async open(): Promise<ApplyIntent[]> {
    return this.parse((await this.store.read(this.key))?.body);
  }

  /** @throws SternaError `RecordUnreadable`, `FileUnwritable` when others write all the time */
  async begin(intent: NewApplyIntent): Promise<void> {
    await this.change((open) => [...open, intent]);
  }

  /**
   * Ends an apply: its record is written, or it did nothing.
   *
   * @throws SternaError `RecordUnreadable`, `FileUnwritable` when others write all the time
   */
  async end(id: string): Promise<void> {
    await this.change((open) => open.filter((intent) => intent.id !== id));
  }

  private async change(edit: (open: ApplyIntent[]) => NewApplyIntent[]): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = await this.store.read(this.key);
      const text = `${JSON.stringify({ version: 1, open: edit(this.parse(found?.body)) }, undefined, 2)}\n`;
      if (text === found?.body) return;
      if ((await this.store.writeIf(this.key, text, found?.version)) !== undefined) return;
      // A store may refuse a write that took effect, when its answer was lost.
      if ((await this.store.read(this.key))?.body === text) return;
    }
    throw new SternaError(
      "FileUnwritable",
      `${this.place} cannot be changed: others write there all the time. Run the command again`,
    );
  }

  private parse(text: string | undefined): ApplyIntent[] {
    if (text === undefined) return [];
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new SternaError("RecordUnreadable", `${this.place} is not JSON: ${(cause as Error).message}`, { cause });
    }
    const { data, error } = intentsFile.safeParse(value);
    if (data !== undefined) return data.open;
    throw new SternaError(
      "RecordUnreadable",
      `${this.place} does not list applies that were begun:\n${describeIssues(error)}\n` +
        "Restore it from git or from the versions of the bucket, or remove it and run `sterna record`",
    );
  }

  private get place(): string {
    return `${this.store.location}/${this.key}`;
  }
}
