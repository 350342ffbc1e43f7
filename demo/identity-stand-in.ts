import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/demo</Arn><UserId>demo</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>demo</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;

/** Answers the one question that Terraform's AWS provider asks before it plans new resources: who am I? Nothing else. */
export async function startIdentityStandIn(): Promise<{ environment: Record<string, string>; stop(): Promise<void> }> {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/xml" }).end(IDENTITY);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "demo",
      AWS_SECRET_ACCESS_KEY: "demo",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
