import { createServer, get, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { COLORS, type Color } from "../../lib/manifest/rollout";

const CLIENTS = 4;
const PAUSE_MILLISECONDS = 5;

/** What an apply left behind: shares of the traffic, and colors whose service exists. */
export interface AppliedTraffic {
  readonly weights: Readonly<Record<Color, number>>;
  readonly colors: readonly Color[];
}

/** What clients saw. */
export interface Answers {
  /** Requests that were answered well, by the color that did. */
  readonly answered: Readonly<Record<Color, number>>;

  /** Requests that broke off or were answered with a status of 5xx. */
  readonly failed: number;
}

/**
 * A model of a load balancer and two colors, with real HTTP servers on loopback. It knows nothing but the weights and
 * services of the applied state, as the real one would. It does not model health checks: like a real load balancer it
 * sends a share of the traffic to a color all of whose tasks fail.
 */
export class TrafficModel {
  static async start(): Promise<TrafficModel> {
    const model = new TrafficModel();
    await new Promise<void>((resolve) => model.router.listen(0, "127.0.0.1", resolve));
    return model;
  }

  private readonly router: Server;
  private readonly servers = new Map<Color, Server>();
  private readonly broken = new Set<Color>();
  private weights: AppliedTraffic["weights"] = { blue: 0, green: 0 };
  private turn = 0;

  private constructor() {
    this.router = createServer((incoming, outgoing) => this.pass(incoming, outgoing));
  }

  /** Becomes as an apply left it: colors that came are there before traffic moves, those that went leave after. */
  async follow({ weights, colors }: AppliedTraffic): Promise<void> {
    for (const color of colors) if (!this.servers.has(color)) await this.startColor(color);
    this.weights = weights;
    for (const color of COLORS) if (!colors.includes(color)) await this.stopColor(color);
  }

  /** From now on a color answers with 500. */
  breakColor(color: Color): void {
    this.broken.add(color);
  }

  /** What the test listener shows of the color without the most traffic. */
  async statusOf(color: Color): Promise<number> {
    const server = this.servers.get(color);
    if (server === undefined) return 503;
    return (await ask(server, "/health")).status;
  }

  /** Starts clients that keep asking until they are stopped. */
  ask(): { stop(): Promise<Answers> } {
    let asking = true;
    let failed = 0;
    const answered = { blue: 0, green: 0 };
    const client = async (): Promise<void> => {
      while (asking) {
        try {
          const { status, body } = await ask(this.router, "/");
          if (status === 200) answered[body as Color]++;
          else failed++;
        } catch {
          failed++;
        }
        await sleep(PAUSE_MILLISECONDS);
      }
    };
    const clients = Array.from({ length: CLIENTS }, client);
    return {
      stop: async () => {
        asking = false;
        await Promise.all(clients);
        return { answered, failed };
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all([close(this.router), ...COLORS.map((color) => this.stopColor(color))]);
  }

  private async startColor(color: Color): Promise<void> {
    this.broken.delete(color);
    const server = createServer((_, response) => {
      response.statusCode = this.broken.has(color) ? 500 : 200;
      response.end(color);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.servers.set(color, server);
  }

  /** As tasks are taken out: those that are being served are served to their end. */
  private async stopColor(color: Color): Promise<void> {
    const server = this.servers.get(color);
    this.servers.delete(color);
    if (server !== undefined) await close(server);
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const server = this.servers.get(this.next());
    if (server === undefined) {
      outgoing.statusCode = 503;
      outgoing.end();
      return;
    }
    const fail = (): void => {
      outgoing.statusCode = 502;
      outgoing.end();
    };
    request({ host: "127.0.0.1", port: portOf(server), path: incoming.url, agent: false }, (answer) => {
      outgoing.statusCode = answer.statusCode ?? 502;
      answer.pipe(outgoing);
    })
      .on("error", fail)
      .end();
  }

  /** Each hundred requests in a row are shared out exactly as the weights say. */
  private next(): Color {
    // 37 and 100 have no common divisor: every share is spread over the hundred.
    const place = (this.turn++ * 37) % 100;
    return place < this.weights.blue ? "blue" : "green";
  }
}

/** One request, on a connection of its own. */
function ask(server: Server, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port: portOf(server), path, agent: false }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on("error", reject);
    }).on("error", reject);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
