import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openLedger } from "../../lib/engine/ledgers/open-ledger";
import { ledgerConfig, type LedgerConfig } from "../../lib/manifest/ledger-config";
import type { StepRecord } from "../../lib/manifest/step-record";
import { scratchRoot } from "./repository";
import { installProvider, stepConfiguration, type StepInput } from "./step-configuration";
import { startTerraform, terraform, type TerraformResult, type TerraformRun } from "./terraform";

export type { StepInput };

/** A folder with a Terraform stack written by hand, so that the engine is tested without the constructs. */
export class EngineWorkspace {
  readonly directory: string;
  readonly environment: Record<string, string>;

  constructor(
    readonly ledger: LedgerConfig,
    environment: Record<string, string> = {},
  ) {
    mkdirSync(scratchRoot, { recursive: true });
    this.directory = mkdtempSync(join(scratchRoot, "engine-"));
    this.environment = environment;
    installProvider(this.directory);
  }

  /** A workspace whose ledger is a directory beside the stack, and which has a file `world` for commands to write. */
  static withFileLedger(environment: Record<string, string> = {}): EngineWorkspace {
    return new EngineWorkspace(ledgerConfig.parse({ kind: "file", directory: "ledger" }), environment);
  }

  get world(): string {
    return join(this.directory, "world");
  }

  /** What commands have written, a line each. */
  worldLines(): string[] {
    return existsSync(this.world) ? readFileSync(this.world, "utf8").trim().split("\n") : [];
  }

  /** Writes the configuration: the steps in order, each after the one before it. */
  configure(steps: readonly StepInput[], extra: Record<string, unknown> = {}): void {
    this.write({ ...stepConfiguration(steps, this.ledger), ...extra });
  }

  write(configuration: object): void {
    writeFileSync(join(this.directory, "main.tf.json"), JSON.stringify(configuration, undefined, 2));
  }

  async init(environment: Record<string, string> = {}): Promise<TerraformResult> {
    return this.run(["init", "-no-color"], environment);
  }

  async plan(...args: string[]): Promise<TerraformResult> {
    return this.run(["plan", "-detailed-exitcode", ...args]);
  }

  async apply(...args: string[]): Promise<TerraformResult> {
    return this.run(["apply", "-auto-approve", ...args]);
  }

  async run(args: readonly string[], environment: Record<string, string> = {}): Promise<TerraformResult> {
    return terraform(this.directory, args, { environment: { ...this.environment, ...environment } });
  }

  startApply(onLine?: (line: string) => void): TerraformRun {
    return startTerraform(this.directory, ["apply", "-auto-approve"], { environment: this.environment, onLine });
  }

  /** Rows of the ledger: id to status. */
  async ledgerRows(): Promise<Record<string, string>> {
    return Object.fromEntries((await this.ledgerRecords()).map((record) => [record.id, record.status]));
  }

  async ledgerRecords(): Promise<StepRecord[]> {
    for (const [name, value] of Object.entries(this.environment)) process.env[name] = value;
    const place = { system: "shop", environment: "staging", directory: this.directory };
    const ledger = openLedger(this.ledger, place);
    try {
      return await ledger.list();
    } finally {
      await ledger.close();
    }
  }

  loseState(): void {
    for (const name of ["terraform.tfstate", "terraform.tfstate.backup"])
      rmSync(join(this.directory, name), { force: true });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A step that appends `UP <id>` to the world, and undoes it by appending `DOWN <id>`. */
export function worldStep(
  workspace: EngineWorkspace,
  id: string,
  overrides: Partial<Record<"up" | "down", string>> = {},
): StepInput {
  const append = (line: string): string => `echo "${line}" >> "$WORLD"\n`;
  return {
    id,
    program: {
      kind: "command",
      environment: { WORLD: { variable: "WORLD" } },
      up: overrides.up ?? append(`UP ${id}`),
      down: overrides.down ?? append(`DOWN ${id}`),
      verify: [{ query: `grep -c "^UP ${id}$" "$WORLD" | grep -qv '^0$' && echo yes`, expected: "yes" }],
    },
    variables: { WORLD: workspace.world },
  };
}
