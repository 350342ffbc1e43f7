import { RefusedError } from "../../core/errors";
import { readUtf8File } from "../../core/read-file";
import { pinsText, readPins, TRIED_PINS, triedPins, withPin, writePins, type PinsFile } from "../../manifest/pins-file";
import type { Project } from "./project";

/** A new release for an environment. */
export interface PinChange {
  readonly system: string;
  readonly environment: string;
  readonly release: string;
}

/**
 * Tries a pin, as `changePins` does.
 *
 * @throws SternaError as `changePins`, `InvalidRelease`
 */
export async function changePin<T>(
  project: Project,
  change: PinChange,
  work: (variables: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  return changePins(project, (content) => withPin(content, change.system, change.environment, change.release), work);
}

/**
 * Changes `releases.json`, after some work has proved the change. Until then the file is not touched: the work passes
 * the proposed content to the app in a variable, so that a killed command leaves no unproved pin behind.
 *
 * @param work receives the variable for the app; if it throws, the file is not changed
 * @throws SternaError `FileUnwritable`, errors in `releases.json`, or what the work throws
 * @throws RefusedError `PinsChanged` when the file was changed meanwhile
 */
export async function changePins<T>(
  project: Project,
  change: (content: PinsFile) => PinsFile,
  work: (variables: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const { pinsFile } = project;
  const before = readUtf8File(pinsFile);
  const changed = change(readPins(pinsFile));
  const result = await work({ [TRIED_PINS]: triedPins(pinsFile, changed) });
  if (readUtf8File(pinsFile) !== before) {
    throw new RefusedError(
      "PinsChanged",
      `releases.json was changed while the new pin was tried, and was not overwritten. What would have been written:\n` +
        `${pinsText(changed)}Look at the change, and run the command again.`,
    );
  }
  writePins(pinsFile, changed);
  return result;
}
