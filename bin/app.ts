import { App } from "cdktf";
import { SternaError } from "../lib/core/errors";
import { EnvironmentChain } from "../lib/environments/environment";
import { Pins } from "../lib/environments/pins";
import { AppEf } from "../stacks/app-ef";

try {
  synthesize();
} catch (error) {
  if (!(error instanceof SternaError)) throw error;
  process.stderr.write(`error[${error.code}]: ${error.message}\n`);
  process.exitCode = 1;
}

/** Every system in every environment, at the release that it is pinned to. */
function synthesize(): void {
  const environments = EnvironmentChain.fromFile("environments.json");
  const pins = Pins.fromFile("releases.json", { systems: [AppEf.SYSTEM], environments });
  const app = new App();
  for (const environment of environments) {
    new AppEf(app, { environment, release: pins.of(AppEf.SYSTEM, environment) });
  }
  app.synth();
}
