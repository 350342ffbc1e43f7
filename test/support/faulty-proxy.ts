import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A proxy on loopback that can fall silent, or forget its connections, as proxies and firewalls do. */
export class FaultyProxy {
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private silent: ((answer: Buffer) => boolean) | undefined;

  private constructor(
    private readonly server: Server,
    /** What it heard from the clients of all its connections. */
    private readonly heard: string[],
  ) {}

  /** @param target port on 127.0.0.1 */
  static async start(target: number): Promise<FaultyProxy> {
    const heard: string[] = [];
    const server = createServer();
    const proxy = new FaultyProxy(server, heard);
    server.on("connection", (client) => proxy.join(client, connect(target, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The same URL, through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.port = String(this.port);
    return changed.href;
  }

  /** Keeps back all answers from the first one on that a test is about; the connections stay open. */
  fallSilent(from: (heard: string) => boolean = () => true): void {
    let began = false;
    this.silent = () => (began ||= from(this.heard.join("")));
  }

  /** Answers again, on new connections. */
  recover(): void {
    this.silent = undefined;
    this.heard.length = 0;
  }

  /**
   * Forgets its connections.
   * @param tells whether the server learns of it
   */
  cut(tells: "both" | "client" = "both"): void {
    for (const [client, server] of this.pairs) {
      client.destroy();
      if (tells === "both") server.destroy();
    }
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, "close");
  }

  private join(client: Socket, server: Socket): void {
    const pair = [client, server] as const;
    this.pairs.add(pair);
    client.on("data", (chunk) => {
      this.heard.push(chunk.toString("latin1"));
      server.write(chunk);
    });
    server.on("data", (chunk) => {
      if (this.silent?.(chunk) !== true) client.write(chunk);
    });
    client.on("error", () => undefined);
    server.on("error", () => undefined);
    server.on("close", () => {
      this.pairs.delete(pair);
      client.destroy();
    });
    client.on("close", () => {
      if (this.silent === undefined) server.end();
    });
  }
}
