// Lists a bucket with the credentials of its environment, and prints the names. A process of its own, since Google's
// library loads a module that Jest cannot.
import { googleAccessToken } from "../../../lib/clouds/google-access";
import { GcsStore } from "../../../lib/engine/objects/gcs-store";

const [bucket, endpoint] = process.argv.slice(2) as [string, string];

async function main(): Promise<void> {
  const store = new GcsStore({ bucket, endpoint, accessToken: googleAccessToken() });
  await store.writeIf("a", "1", undefined);
  console.log(JSON.stringify(await store.keys("")));
}

void main();
