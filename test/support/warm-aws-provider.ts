import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findProvider } from "./provider-mirror";

/** An AWS provider that Terraform attaches to. */
export interface WarmAwsProvider {
  /** What Terraform needs to find it. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Starts the AWS provider once for all runs of Terraform in a suite: each start takes a second, and each run of Terraform
 * starts it four times. Only for stacks with one configuration of the provider: the last one that it is given counts for
 * all.
 *
 * @param environment how it reaches AWS
 */
export async function startWarmAwsProvider(environment: Readonly<Record<string, string>>): Promise<WarmAwsProvider> {
  const { path } = findProvider()!;
  const program = readdirSync(path).find((name) => name.startsWith("terraform-provider-aws"))!;
  const child = spawn(join(path, program), ["-debug"], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const attached = /TF_REATTACH_PROVIDERS='(.+)'/.exec(line)?.[1];
    if (attached === undefined) continue;
    child.stdout.resume();
    return {
      environment: { TF_REATTACH_PROVIDERS: attached },
      async stop() {
        const ended = once(child, "exit");
        child.kill("SIGKILL");
        await ended;
      },
    };
  }
  throw new Error("the AWS provider ended before it said where it listens");
}
