import { clocks } from "./clocks";
import { connections } from "./connections";
import { crowds } from "./crowds";
import { downs } from "./downs";
import type { Fault } from "./fault";
import { kills } from "./kills";
import { ledgers } from "./ledgers";
import { signals } from "./signals";
import { states } from "./states";

/** Every fault by its name. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  ...kills,
  ...signals,
  ...states,
  ...crowds,
  ...ledgers,
  ...clocks,
  ...connections,
  ...downs,
};
