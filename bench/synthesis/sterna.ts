// Usage: sterna.js <buckets> <output directory>. N buckets, each with what makes it safe, in a stack of Sterna.
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App } from "cdktf";
import { Duration, EnvironmentChain, Ledger, Release, SystemStack, Tier } from "../../lib/index";
import { TieredBucket } from "../../lib/aws/index";

const [count, outdir, providerPackage] = process.argv.slice(2) as [string, string, string];
const app = new App({ outdir });
const stack = new SystemStack(app, {
  system: "bench",
  environment: new EnvironmentChain([{ name: "development" }]).get("development"),
  releases: [new Release("1.0.0")],
  release: "1.0.0",
  ledger: Ledger.file(),
  providerPackage,
});
new AwsProvider(stack, "aws", { region: "us-east-1" });
for (let index = 0; index < Number(count); index++) {
  new TieredBucket(stack, `bucket-${index}`, {
    bucketName: `bench-bucket-${index}`,
    lifecycleRules: [
      {
        id: "archive",
        prefix: "data/",
        transitions: [
          { tier: Tier.infrequentAccess, after: Duration.days(30) },
          { tier: Tier.archive, after: Duration.days(90) },
        ],
        acknowledge: { RetrievalDelayNotAccepted: "it is an archive" },
      },
    ],
  });
}
app.synth();
