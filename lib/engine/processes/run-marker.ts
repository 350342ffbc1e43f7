import { spawn } from "node:child_process";
import type { ProcessIdentity } from "../../manifest/step-record";
import { EngineError } from "../engine-error";
import { identify } from "./process-identity";

/** Waits for a pipe that closes with the run, or with the process that works on it. */
const WAIT = "read -r _";

/** A process that stands for one run of a step. */
export interface RunMarker {
  readonly identity: ProcessIdentity;

  /** Ends the marker: the run is over, and nothing more is written. */
  end(): void;
}

/**
 * Starts a process that lives as long as one run of a step: it ends with the run, and with the process that works on it.
 *
 * One process works on many steps, so it outlives a single run, even one that failed to write its last row. The
 * row of a step names the marker, so that whoever finds the row knows whether that run still works on the step.
 *
 * @param onKilled called if another process ends the marker. The run must stop, because to other runs it has ended
 * @throws EngineError `StepFailed` when no process can be started
 */
export function startRunMarker(onKilled: () => void): RunMarker {
  const child = spawn("/bin/sh", ["-c", WAIT, "sterna-run"], {
    stdio: ["pipe", "ignore", "ignore"],
    // A signal to the group of this process must not end it before the run has stopped.
    detached: true,
  });
  let over = false;
  child.on("error", () => undefined);
  // Without a process there may be no pipe either.
  if (child.pid === undefined) throw new EngineError("StepFailed", "cannot start /bin/sh");
  child.on("exit", () => over || onKilled());
  child.stdin.on("error", () => undefined);
  child.unref();
  return {
    identity: identify(child.pid),
    end: () => {
      over = true;
      child.stdin.end();
    },
  };
}
