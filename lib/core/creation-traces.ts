import { createRequire } from "node:module";

/** cdktn's switch. cdktf has none. */
const DISABLE_CREATION_TRACES = "CDKTN_DISABLE_CREATION_STACK";

/** Set in the app that `sterna` runs: it records no call stack per element, which is half the time of a large app. */
export const WITHOUT_CREATION_TRACES = { [DISABLE_CREATION_TRACES]: "true" };

if (process.env[DISABLE_CREATION_TRACES]) {
  try {
    // If the file is missing, cdktf has changed and keeps its traces.
    const traces = createRequire(__filename)("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: unknown };
    traces.captureStackTrace = () => [];
  } catch {
    // Synthesis is only slower.
  }
}
