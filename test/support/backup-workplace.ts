import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CliRun, runCli } from "../cli/run-cli";
import { scratchDirectory } from "./repository";

/** A folder with a backup plan, in which `sterna backup` is run with the programs of this machine. */
export interface BackupWorkplace {
  readonly directory: string;

  /** Where the backups of the plan are. */
  readonly backups: string;

  /** Writes the plan. @param more replaces what the plan has otherwise */
  plan(parts: readonly object[], more?: object): void;

  /** Runs `sterna backup <args> plan.json --json`. */
  run(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<CliRun>;

  /** Runs `sterna backup run`, and expects it to work. @returns the id of the backup and its folder */
  take(environment?: NodeJS.ProcessEnv): Promise<{ id: string; folder: string; manifest: TakenManifest }>;

  remove(): void;
}

/** What tests look at in a manifest. */
export interface TakenManifest {
  readonly id: string;
  readonly parts: {
    readonly id: string;
    readonly counts: Record<string, number>;
    readonly files: { path: string }[];
  }[];
}

/** @param environment what every run has */
export function backupWorkplace(environment: NodeJS.ProcessEnv = {}): BackupWorkplace {
  const directory = scratchDirectory("backup");
  const backups = join(directory, "backups", "shop", "staging");
  mkdirSync(join(directory, "elsewhere"));
  const run: BackupWorkplace["run"] = ([command, ...rest], more = {}) =>
    // From another folder: schedulers start programs anywhere.
    runCli(join(directory, "elsewhere"), ["backup", command!, "../plan.json", "--json", ...rest], {
      PATH: process.env.PATH,
      ...environment,
      ...more,
    });
  return {
    directory,
    backups,
    plan(parts, more = {}) {
      const plan = {
        version: 1,
        system: "shop",
        environment: "staging",
        release: "1.4.0",
        parts,
        destination: { directory: "backups" },
        retention: { days: 30 },
        ...more,
      };
      writeFileSync(join(directory, "plan.json"), JSON.stringify(plan));
    },
    run,
    async take(more) {
      const result = await run(["run"], more);
      if (result.status !== 0) throw new Error(`${result.stdout}\n${result.stderr}`);
      const { manifest } = result.json<{ manifest: TakenManifest }>();
      return { id: manifest.id, folder: join(backups, manifest.id), manifest };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Changes one byte in the middle of a file. */
export function flipByte(file: string): void {
  const content = readFileSync(file);
  const middle = Math.floor(content.length / 2);
  content[middle]! ^= 0x01;
  writeFileSync(file, content);
}

/** Cuts off the last part of a file. */
export function truncate(file: string): void {
  const content = readFileSync(file);
  writeFileSync(file, content.subarray(0, Math.floor(content.length * 0.8)));
}
