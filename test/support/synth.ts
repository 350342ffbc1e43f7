import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, TerraformStack } from "cdktf";

/** The parts of a synthesized stack that tests look at. */
export interface SynthesizedStack {
  readonly terraform?: Record<string, unknown>;
  readonly provider?: Record<string, unknown>;
  readonly resource: Record<string, Record<string, Record<string, unknown>>>;
  readonly output?: Record<string, Record<string, unknown>>;
  readonly data?: Record<string, Record<string, Record<string, unknown>>>;
}

/** Synthesizes a stack to a temporary directory, as `cdktf synth` does, and gives the JSON that Terraform would read. */
export function synthesize(build: (stack: TerraformStack) => void): SynthesizedStack {
  const outdir = mkdtempSync(join(tmpdir(), "sterna-synth-"));
  try {
    const app = new App({ outdir });
    build(new TerraformStack(app, "test"));
    app.synth();
    return JSON.parse(readFileSync(join(outdir, "stacks", "test", "cdk.tf.json"), "utf8")) as SynthesizedStack;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** The only resource of a type. Throws when there is none or more than one. */
export function onlyResource(stack: SynthesizedStack, type: string): Record<string, unknown> {
  const found = Object.values(stack.resource[type] ?? {});
  if (found.length !== 1) throw new Error(`expected one ${type}, found ${found.length}`);
  return found[0]!;
}
