// bin/app.ts for the demo. `--hurried`: as somebody in a hurry left it, so production would get what staging never had.
// `--without-lifecycle`: without the lifecycle rules of the bucket, which the AWS provider waits for.
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import type { S3BucketIntelligentTieringConfiguration } from "@cdktf/provider-aws/lib/s3-bucket-intelligent-tiering-configuration";
import { App } from "cdktf";
import { EnvironmentChain } from "../lib/environments/environment";
import { Pins } from "../lib/environments/pins";
import { AppEf } from "../stacks/app-ef";

const environments = EnvironmentChain.fromFile("environments.json");
const pins = Pins.fromFile("releases.json", { systems: [AppEf.SYSTEM], environments });
const app = new App();
for (const environment of environments) {
  const stack = new AppEf(app, { environment, release: pins.of(AppEf.SYSTEM, environment) });
  if (process.argv.includes("--without-lifecycle")) stack.bucket.node.tryRemoveChild("Lifecycle");
  if (process.argv.includes("--hurried") && environment.name === "production") hurry(stack);
}
app.synth();

/** Adds, changes, and drops one thing each. */
function hurry(stack: AppEf): void {
  new S3Bucket(stack, "debug", { bucket: "app-ef-debug" });
  const tiering = stack.bucket.node.findChild("IntelligentTiering") as S3BucketIntelligentTieringConfiguration;
  tiering.addOverride("tiering.0.days", 90);
  const check = stack.node.findAll().find(({ node }) => node.id === "check-projects");
  check?.node.tryRemoveChild("Resource");
}
