import { variablesOf } from "../project/environment-variables";
import type { Project } from "../project/project";
import { lastRecord } from "../project/records";
import type { SynthesizedSystem } from "../project/stacks";
import { readLedgers, type LedgerReading, type UnreadableLedger } from "./read-ledgers";
import { stepStates, type StepStatus } from "./step-states";

/** A system in an environment, as its ledgers see it. */
export interface SystemStatus extends Pick<SynthesizedSystem, "system" | "environment" | "release" | "protected"> {
  readonly steps: readonly StepStatus[];
  readonly unreadable: readonly UnreadableLedger[];
}

/** The ledgers of a stack, also those that only its last apply knew. */
export async function readOwnLedgers(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<LedgerReading> {
  const variables = variablesOf(project, system.environment, process);
  return readLedgers(system, variables, (await lastRecord(project, system.stack))?.ledgers);
}

/** How far each step of a stack is. */
export async function readStatus(
  project: Project,
  system: SynthesizedSystem,
  process: NodeJS.ProcessEnv,
): Promise<SystemStatus> {
  const reading = await readOwnLedgers(project, system, process);
  return {
    system: system.system,
    environment: system.environment,
    release: system.release,
    protected: system.protected,
    steps: stepStates(system, reading),
    unreadable: reading.unreadable,
  };
}
