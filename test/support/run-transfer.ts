import { readFileSync } from "node:fs";
import { transferProgram } from "../../lib/steps/transfer/program";
import { withPlaces } from "../../lib/steps/transfer/open-places";
import { synchronize } from "../../lib/steps/transfer/synchronize";
import { stepContext } from "./step-context";

/** Copies what a transfer copies, in a process of its own, so that a test can kill it. */
const program = transferProgram.parse(JSON.parse(readFileSync(process.argv[2]!, "utf8")));
const context = stepContext("files");
void withPlaces(program, context, (places) => synchronize(program, places, context, true));
