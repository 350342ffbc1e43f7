import { expect } from "@jest/globals";
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { repositoryRoot } from "../support/repository";
import type { RotatingProcessOrder } from "./rotating-process";
import type { SecretStore } from "./aws/secret-store";

/** Bundles a process that rotates, into a folder. */
export function bundleRotatingProcess(directory: string): void {
  execFileSync(join(repositoryRoot, "node_modules/.bin/esbuild"), [
    join(__dirname, "rotating-process.ts"),
    ...["--bundle", "--platform=node", "--external:pg-native", "--main-fields=module,main", "--log-level=error"],
    `--outfile=${join(directory, "rotating-process.cjs")}`,
  ]);
}

/** Rotates in a process of its own, which kills itself after a point. */
export async function killRotation(
  directory: string,
  { environment: toStore }: SecretStore,
  order: RotatingProcessOrder,
): Promise<void> {
  const environment = { PATH: process.env.PATH, ...toStore, ROTATION: JSON.stringify(order) };
  const run = promisify(execFile)(process.execPath, [join(directory, "rotating-process.cjs")], { env: environment });
  await expect(run).rejects.toMatchObject({ signal: "SIGKILL" });
}
