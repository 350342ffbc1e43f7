import "../../lib/provider/kinds";
import { withoutUserConfiguration } from "./environment";

/**
 * Runs before each test file: what a developer configured for Terraform, the clouds, PostgreSQL or Sterna does not
 * matter, neither here nor in the programs that tests start.
 */

const environment = withoutUserConfiguration(process.env);
/** What is said to the tests themselves: all of them instead of a sample, and which sample. */
const OURS = ["STERNA_TEST_FULL", "STERNA_TEST_SEED"];
for (const name of Object.keys(process.env)) {
  if (!(name in environment) && !OURS.includes(name)) delete process.env[name];
}
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = "1";
process.env.TZ = "UTC";
process.env.AWS_EC2_METADATA_DISABLED = "true";
// Said once per process, and not our news.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

stubCreationTraces();

/**
 * cdktf takes a stack trace for every construct. Under a test runner that is most of the time of a synthesis, and
 * cdktf 0.21 has no switch for it.
 */
function stubCreationTraces(): void {
  const module = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: () => string[] };
  module.captureStackTrace = () => [];
}
