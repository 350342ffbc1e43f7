import { startPluginServer, reasonNotToServe } from "./protocol/plugin-server";
import { SternaProvider } from "./provider/provider";
import { main as runStepMain } from "./runner/runner";
import { RUN_STEP } from "./runner/start-runner";

const CHECK_MILLISECONDS = 50;

/** Serves Terraform until it says so, or until it is gone and the steps it began are done. */
async function serve(): Promise<void> {
  const reason = reasonNotToServe(process.env);
  if (reason !== undefined) {
    console.log(reason);
    process.exitCode = 1;
    return;
  }
  // Only the handshake may reach the standard output.
  const writeHandshake = process.stdout.write.bind(process.stdout);
  console.log = console.info = console.error;
  // Terraform decides what an interrupt means, and says it through StopProvider.
  process.on("SIGINT", () => undefined);
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", () => undefined);

  const provider = new SternaProvider();
  let asked = false;
  const { handshake, close } = await startPluginServer({
    provider: provider.implementation(),
    environment: process.env,
    onShutdown: () => (asked = true),
  });
  const parent = process.ppid;
  const timer = setInterval(() => {
    // A dead Terraform cannot say goodbye; its child gets another parent.
    const abandoned = process.ppid !== parent;
    if (provider.busy || !(asked || abandoned)) return;
    clearInterval(timer);
    void Promise.allSettled([close(), provider.close()]).then(() => process.exit(0));
  }, CHECK_MILLISECONDS);
  writeHandshake(`${handshake}\n`);
}

void (process.argv[2] === RUN_STEP ? runStepMain() : serve());
