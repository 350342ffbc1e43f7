import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * A contract model of five S3 operations, for what moto does otherwise than S3: it takes every key, refuses a body
 * whose sha256 is not the one announced, keeps nothing of a request that breaks off, and can leave out checksums as
 * older S3-compatible stores do. Sources: Amazon S3 API Reference, PutObject, HeadObject, ListObjectsV2.
 */
export interface StrictS3 {
  /** Leads the AWS SDK here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly objects: Map<string, Buffer>;

  /** Method and key of each request, oldest first. */
  readonly requests: string[];

  /** Whether HEAD tells the checksum. */
  checksums: boolean;

  /** Answers 503 to that many of the next PUT requests, after their body. */
  failPuts: number;
  stop(): Promise<void>;
}

export async function startStrictS3(): Promise<StrictS3> {
  const server = createServer((request, response) => {
    handle(store, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const store: StrictS3 = {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    },
    objects: new Map(),
    requests: [],
    checksums: true,
    failPuts: 0,
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return store;
}

async function handle(store: StrictS3, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url!, "http://s3");
  const key = decodeURIComponent(url.pathname.split("/").slice(2).join("/"));
  store.requests.push(`${request.method} ${key}`);
  const object = store.objects.get(key);
  if (request.method === "PUT") return put(store, key, request, response);
  if (key === "") return list(store, url.searchParams, response);
  if (request.method === "DELETE") {
    store.objects.delete(key);
    response.writeHead(204).end();
  } else if (object === undefined) {
    error(response, 404, "NoSuchKey");
  } else {
    const asked = request.headers["x-amz-checksum-mode"] === "ENABLED" && store.checksums;
    response.writeHead(200, {
      "content-length": object.length,
      ...(asked && { "x-amz-checksum-sha256": sha256(object), "x-amz-checksum-type": "FULL_OBJECT" }),
    });
    response.end(request.method === "HEAD" ? undefined : object);
  }
}

async function put(store: StrictS3, key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (store.failPuts > 0) {
    store.failPuts -= 1;
    return error(response, 503, "SlowDown");
  }
  if (request.headers["x-amz-checksum-sha256"] !== sha256(body)) return error(response, 400, "BadDigest");
  store.objects.set(key, body);
  response.writeHead(200).end();
}

/** Keys of a page. S3 has 1000; fewer show the same with fewer objects. */
const PAGE = 5;

function list(store: StrictS3, query: URLSearchParams, response: ServerResponse): void {
  const prefix = query.get("prefix") ?? "";
  const start = Number(query.get("continuation-token") ?? 0);
  const found = [...store.objects].filter(([key]) => key.startsWith(prefix));
  const contents = found
    .slice(start, start + PAGE)
    .map(([key, body]) => `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${body.length}</Size></Contents>`);
  const more = start + PAGE < found.length;
  const next = more ? `<NextContinuationToken>${start + PAGE}</NextContinuationToken>` : "";
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>${more}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
  );
}

function error(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code></Error>`);
}

function sha256(body: Buffer): string {
  return createHash("sha256").update(body).digest("base64");
}
