import { join } from "node:path";
import { enableCompileCache } from "../lib/core/compile-cache";
import { STACK_WORKER } from "../lib/toolkit/stack-worker/argument";

enableCompileCache({ files: join(__dirname, "../chunks"), purpose: process.argv[2] });
// A reader such as `head` that ends early is no error.
process.stdout.on("error", () => undefined);

if (process.argv[2] === STACK_WORKER) {
  void import("../lib/toolkit/stack-worker/worker.js").then(({ main }) => main());
} else {
  void import("../lib/cli/main.js")
    .then(({ main }) => main(process.argv.slice(2)))
    .then((status) => {
      process.exitCode = status;
    });
}
