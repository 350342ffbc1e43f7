import { createRequire } from "node:module";

/** cdktn's switch. cdktf has none. */
const DISABLE_CREATION_TRACES = "CDKTN_DISABLE_CREATION_STACK";

/** Set in the app that `sterna` runs: it keeps no call stack of every element, which is half the time of a large app. */
export const WITHOUT_CREATION_TRACES = { [DISABLE_CREATION_TRACES]: "true" };

if (process.env[DISABLE_CREATION_TRACES]) {
  try {
    // Where no such file is, cdktf has changed, and its traces stay.
    const traces = createRequire(__filename)("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: unknown };
    traces.captureStackTrace = () => [];
  } catch {
    // A stack that is slower to make is as good.
  }
}
