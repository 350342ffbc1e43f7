import { z } from "zod";
import type { Place } from "./place";

const cutOverState = z.object({
  /** How many of the actions, those of `freeze` before those of `switch`, were begun. */
  begun: z.number().int().nonnegative(),
  /** When all of them were done and verified, UTC. */
  completedAt: z.string().optional(),
});
export type CutOverState = z.infer<typeof cutOverState>;

/** How far a cut-over is: a record in the target, written before each action, so that a killed one can be undone. */
export class CutOverRecord {
  private readonly name: string;

  constructor(
    private readonly target: Place,
    transfer: string,
  ) {
    this.name = `transfers/${transfer}/cut-over.json`;
  }

  async read(signal: AbortSignal): Promise<CutOverState | undefined> {
    const text = await this.target.readRecord(this.name, signal);
    return text === undefined ? undefined : cutOverState.parse(JSON.parse(text));
  }

  async write(state: CutOverState, signal: AbortSignal): Promise<void> {
    await this.target.writeRecord(this.name, JSON.stringify(state), signal);
  }

  async remove(signal: AbortSignal): Promise<void> {
    await this.target.removeRecord(this.name, signal);
  }
}
