import { main } from "../lib/cli/main";
import { STACK_WORKER } from "../lib/toolkit/stack-worker/messages";
import { main as stackWorkerMain } from "../lib/toolkit/stack-worker/worker";

// A reader such as `head` that ends early is no error.
process.stdout.on("error", () => undefined);

if (process.argv[2] === STACK_WORKER) {
  void stackWorkerMain();
} else {
  void main(process.argv.slice(2)).then((status) => {
    process.exitCode = status;
  });
}
