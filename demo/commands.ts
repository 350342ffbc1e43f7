import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { repositoryRoot } from "../test/support/repository";
import type { Narrator } from "./narrator";

const STERNA = join(repositoryRoot, "dist/bin/sterna.js");

/** Runs `sterna` in the project, as a person would, and stops what runs when the demo is interrupted. */
export class Commands {
  private readonly running = new Set<ChildProcess>();

  constructor(
    private readonly directory: string,
    private readonly environment: Record<string, string>,
    private readonly narrator: Narrator,
  ) {}

  /**
   * @param expected exit status that the demo counts on; another one ends the demo
   */
  async sterna(args: readonly string[], expected: number): Promise<void> {
    this.narrator.command(`sterna ${args.join(" ")}`);
    const status = await this.run(args, "inherit");
    if (status !== expected) throw new Error(`sterna ${args.join(" ")} ended with ${status}, not with ${expected}`);
    if (status !== 0)
      this.narrator.say(`exit status ${status}: ${status === 3 ? "refused by a gate" : "there are changes to apply"}`);
  }

  /**
   * Runs without showing what is printed, unless it fails.
   *
   * @param onText gets all that was printed until now, again and again
   */
  async quietly(args: readonly string[], expected: number, onText?: (output: string) => void): Promise<void> {
    let output = "";
    const status = await this.run(args, "pipe", (text) => {
      output += text;
      onText?.(output);
    });
    if (status !== expected) {
      throw new Error(`sterna ${args.join(" ")} ended with ${status}, not with ${expected}\n${output}`);
    }
  }

  /** Interrupts what runs, and waits for it: Terraform saves its state before it ends. */
  async interrupt(): Promise<void> {
    const ended = [...this.running].map((child) => new Promise((resolve) => child.once("exit", resolve)));
    for (const child of this.running) child.kill("SIGINT");
    await Promise.all(ended);
  }

  private run(
    args: readonly string[],
    output: "inherit" | "pipe",
    onText?: (text: string) => void,
  ): Promise<number | null> {
    const child = spawn(process.execPath, [STERNA, ...args], {
      cwd: this.directory,
      env: { ...process.env, ...this.environment },
      stdio: ["ignore", output, output],
    });
    this.running.add(child);
    child.stdout?.on("data", (chunk: Buffer) => onText?.(chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => onText?.(chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => {
        this.running.delete(child);
        resolve(status);
      });
    });
  }
}
