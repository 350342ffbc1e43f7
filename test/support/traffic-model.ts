import { createServer, get, request, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { COLOURS, type Colour } from "../../lib/releases/rollout";

const CLIENTS = 4;
const PAUSE_MILLISECONDS = 5;

/** What an apply left behind: shares of the traffic, and colours whose service exists. */
export interface AppliedTraffic {
  readonly weights: Readonly<Record<Colour, number>>;
  readonly colours: readonly Colour[];
}

/** What clients saw. */
export interface Answers {
  /** Requests that were answered well, by the colour that did. */
  readonly answered: Readonly<Record<Colour, number>>;

  /** Requests that broke off or were answered with a status of 5xx. */
  readonly failed: number;
}

/**
 * A model of a load balancer and two colours, with real HTTP servers on loopback. It knows nothing but the weights and
 * services of the applied state, as the real one would. It does not model health checks: like a real load balancer it
 * sends a share of the traffic to a colour all of whose tasks fail.
 */
export class TrafficModel {
  static async start(): Promise<TrafficModel> {
    const model = new TrafficModel();
    await new Promise<void>((resolve) => model.router.listen(0, "127.0.0.1", resolve));
    return model;
  }

  private readonly router: Server;
  private readonly servers = new Map<Colour, Server>();
  private readonly broken = new Set<Colour>();
  private weights: AppliedTraffic["weights"] = { blue: 0, green: 0 };
  private turn = 0;

  private constructor() {
    this.router = createServer((incoming, outgoing) => this.pass(incoming, outgoing));
  }

  /** Becomes as an apply left it: colours that came are there before traffic moves, those that went leave after. */
  async follow({ weights, colours }: AppliedTraffic): Promise<void> {
    for (const colour of colours) if (!this.servers.has(colour)) await this.startColour(colour);
    this.weights = weights;
    for (const colour of COLOURS) if (!colours.includes(colour)) await this.stopColour(colour);
  }

  /** From now on a colour answers with 500. */
  breakColour(colour: Colour): void {
    this.broken.add(colour);
  }

  /** What the test listener shows of the colour without the most traffic. */
  async statusOf(colour: Colour): Promise<number> {
    const server = this.servers.get(colour);
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
          if (status === 200) answered[body as Colour]++;
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
    await Promise.all([close(this.router), ...COLOURS.map((colour) => this.stopColour(colour))]);
  }

  private async startColour(colour: Colour): Promise<void> {
    this.broken.delete(colour);
    const server = createServer((_, response) => {
      response.statusCode = this.broken.has(colour) ? 500 : 200;
      response.end(colour);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.servers.set(colour, server);
  }

  /** As tasks are taken out: those that are being served are served to their end. */
  private async stopColour(colour: Colour): Promise<void> {
    const server = this.servers.get(colour);
    this.servers.delete(colour);
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
  private next(): Colour {
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
