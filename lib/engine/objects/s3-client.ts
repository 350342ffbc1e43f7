import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { isIP } from "node:net";
import { awsEndpoint, awsSettings } from "../../clouds/aws-settings";

export type S3Sdk = typeof import("@aws-sdk/client-s3");

/**
 * A client for S3. Credentials and endpoint come from the environment, as for every AWS tool.
 *
 * @param variables the environment to take them from, where it is another one than this process has
 * Loads the AWS SDK only now: it takes longer to load than the whole provider.
 */
export async function openS3(
  region: string | undefined,
  config: S3ClientConfig = {},
  variables: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly sdk: S3Sdk; readonly client: S3Client }> {
  const sdk = await import("@aws-sdk/client-s3");
  const client = new sdk.S3Client({
    forcePathStyle: endpointNeedsPathStyle(variables),
    logger: SILENT,
    ...(variables === process.env ? {} : awsSettings(variables, "S3")),
    ...(region && { region }),
    ...config,
  });
  return { sdk, client };
}

/** The SDK warns on the console about requests that it does not repeat; the console is Terraform's. */
const SILENT = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {}

/** With the bucket's name in the host name, an address of numbers, or a local one, would not resolve. */
function endpointNeedsPathStyle(variables: NodeJS.ProcessEnv): boolean {
  const endpoint = awsEndpoint(variables, "S3");
  if (endpoint === undefined || !URL.canParse(endpoint)) {
    return false;
  }
  const host = new URL(endpoint).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) !== 0 || host === "localhost";
}
