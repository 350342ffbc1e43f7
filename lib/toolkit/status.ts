import { readStatus, type SystemStatus } from "./ledgers/system-status";
import { openSystems, type SystemsOptions, type Toolkit } from "./toolkit";

/**
 * Which release runs where, and the status of each step in the ledgers. An unreadable ledger is part of the result.
 *
 * @throws SternaError what `openSystems` throws
 */
export async function status(toolkit: Toolkit, options: SystemsOptions = {}): Promise<SystemStatus[]> {
  return (await openStatus(toolkit, options))();
}

/** Runs the app once. The returned function reads the ledgers on every call. */
export async function openStatus(toolkit: Toolkit, options: SystemsOptions): Promise<() => Promise<SystemStatus[]>> {
  const { project, surroundings } = toolkit;
  const systems = await openSystems(toolkit, options);
  return () => Promise.all(systems.map((each) => readStatus(project, each, surroundings.environment)));
}
