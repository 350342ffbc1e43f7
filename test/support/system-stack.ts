import { afterAll } from "@jest/globals";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Testing } from "cdktf";
import { EnvironmentChain, Ledger, Release, SystemStack, type SystemStackProps } from "../../lib/index";

/** A directory that is removed when the test file ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "sterna-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An app whose output goes to a directory of its own, with something that stands for the provider's zip. */
export class TestApp {
  readonly outdir: string;
  readonly zip: string;
  readonly app: App;

  constructor(readonly directory: string) {
    this.outdir = mkdtempSync(join(directory, "out-"));
    this.zip = join(directory, "provider.zip");
    writeFileSync(this.zip, "not really a zip");
    this.app = new App({ outdir: this.outdir });
  }

  /** The stack `shop-development`, pinned to 1.0.0, unless the properties say otherwise. */
  stack(props: Partial<SystemStackProps> = {}): SystemStack {
    return new SystemStack(this.app, {
      system: "shop",
      environment: new EnvironmentChain([{ name: "development" }]).get("development"),
      releases: releases("0.1.0", "1.0.0"),
      release: "1.0.0",
      ledger: Ledger.file(),
      providerPackage: this.zip,
      ...props,
    });
  }

  /** Path of a file in the folder of a synthesized stack. */
  file(stack: string, ...segments: string[]): string {
    return join(this.outdir, "stacks", stack, ...segments);
  }

  /** Synthesizes, and reads a JSON file of the stack's folder. */
  synthesize(stack: string, file = "cdk.tf.json"): Synthesized {
    this.app.synth();
    return JSON.parse(readFileSync(this.file(stack, file), "utf8")) as Synthesized;
  }
}

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- it is what Terraform reads, of any shape */
export type Synthesized = Record<string, any>;

/** The blocks of `sterna_step` in a stack, by address. */
export function stepsOf(stack: SystemStack): Record<string, Synthesized> {
  return (JSON.parse(Testing.synth(stack)) as Synthesized).resource?.sterna_step ?? {};
}

/** The program of a step, as Terraform hands it to the provider. */
export function programOf(stack: SystemStack, step: string): Synthesized {
  const template = stepsOf(stack)[step]!.program as string;
  return JSON.parse(template.replaceAll("$${", () => "${").replaceAll("%%{", () => "%{")) as Synthesized;
}

/** Releases without titles. */
export function releases(...versions: string[]): Release[] {
  return versions.map((version) => new Release(version));
}

/** The code and the message of the error that some work throws; fails when it throws none. */
export function errorOf(work: () => unknown): { code: string; message: string } {
  const { code, message } = thrownBy(work) as Error & { code: string };
  return { code, message };
}

/** What some work throws; fails when it throws nothing. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it was expected to throw");
}
