import { readStatus, type SystemStatus } from "./ledgers/system-status";
import { openSystems, type SystemsOptions, type Toolkit } from "./toolkit";

/**
 * Which release runs where, and how far each step is, by the ledgers. A ledger that cannot be read is part of the answer.
 *
 * @throws SternaError what `openSystems` throws
 */
export async function status(toolkit: Toolkit, options: SystemsOptions = {}): Promise<SystemStatus[]> {
  return (await openStatus(toolkit, options))();
}

/** Runs the app once. What is returned looks into the ledgers as often as it is called. */
export async function openStatus(toolkit: Toolkit, options: SystemsOptions): Promise<() => Promise<SystemStatus[]>> {
  const { project, surroundings } = toolkit;
  const systems = await openSystems(toolkit, options);
  return () => Promise.all(systems.map((each) => readStatus(project, each, surroundings.environment)));
}
