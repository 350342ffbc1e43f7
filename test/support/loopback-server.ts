import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Longer than clients pause between two requests of a test. */
const KEEP_ALIVE_MILLISECONDS = 300_000;

/** An HTTP server on a free port of 127.0.0.1. A request that its answer fails on is broken off, and told on stderr. */
export class LoopbackServer {
  private constructor(private readonly server: Server) {}

  static async start(
    answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): Promise<LoopbackServer> {
    const server = createServer((request, response) => {
      answer(request, response).catch((error: Error) => {
        process.stderr.write(`${error.stack}\n`);
        response.destroy();
      });
    });
    server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new LoopbackServer(server);
  }

  /** `http://127.0.0.1:PORT` */
  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }
}
