import { main as runStepsMain, RUN_STEPS } from "../engine/runner/runner";
import "./kinds";

const CHECK_MILLISECONDS = 50;
/** A database that does not answer must not keep the process. */
const CLOSE_MILLISECONDS = 5000;

/** The process that Terraform started, before anything could take time. */
const PARENT = process.ppid;

/** Serves Terraform until it says so, or until it is gone and the steps it began are done. */
async function serve(print: (line: string) => void): Promise<void> {
  // Terraform decides what an interrupt means, and says it through StopProvider.
  process.on("SIGINT", () => undefined);
  // What a runner has no use for: the protocol takes a seventh of the time that the provider needs to start.
  const { startPluginServer, reasonNotToServe } = await import("../engine/protocol/plugin-server.js");
  const { SternaProvider } = await import("./provider.js");
  const reason = reasonNotToServe(process.env);
  if (reason !== undefined) throw new Error(reason);
  const provider = new SternaProvider();
  let ended = false;
  // Nobody reads: Terraform died before its child could notice that it got another parent.
  process.stdout.on("error", () => (ended = true));
  const { handshake, close } = await startPluginServer({
    provider: provider.implementation(),
    environment: process.env,
    onShutdown: () => (ended = true),
  });
  const timer = setInterval(() => {
    // A dead Terraform cannot say goodbye; its child gets another parent.
    const abandoned = process.ppid !== PARENT;
    if (provider.busy || !(ended || abandoned)) return;
    clearInterval(timer);
    setTimeout(() => process.exit(0), CLOSE_MILLISECONDS);
    void Promise.allSettled([close(), provider.close()]).then(() => process.exit(0));
  }, CHECK_MILLISECONDS);
  print(handshake);
}

/** Keeps the standard output for what Terraform or the provider reads: a library that prints would break it. */
function takeOutput(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  console.log = console.info = console.debug = console.error;
  process.stdout.on("error", () => undefined);
  process.stderr.on("error", () => undefined);
  return (line) => void write(`${line}\n`);
}

const print = takeOutput();
// An unhandled rejection must not end the steps that are running.
process.on("unhandledRejection", (error) => console.error("[ERROR] sterna:", error));
// Terraform starts a provider without arguments, which then need not load the runner.
(process.argv.length > 2 && process.argv[2] === RUN_STEPS ? runStepsMain() : serve(print)).catch((error: unknown) => {
  // Terraform shows the first line of a provider that gives no handshake.
  print(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
