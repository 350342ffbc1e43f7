import type { Moto } from "./moto";
import type { Reply } from "./reply";
import type { AwsRequest } from "./request";
import type { ServiceFill } from "./service-fill";

/** Arguments of a service that moto takes and forgets. */
const KEPT = ["availabilityZoneRebalancing", "enableECSManagedTags", "healthCheckGracePeriodSeconds"] as const;

type Service = Record<string, unknown> & { serviceName: string; desiredCount: number };
type Body = Record<string, unknown> & { service?: Service; services?: Service[] };

/** ECS: services keep what they were given, and their tasks run at once. */
export class EcsFill implements ServiceFill {
  readonly service = "ecs";

  private readonly kept = new Map<string, Record<string, unknown>>();

  reset(): void {
    this.kept.clear();
  }

  async serve(request: AwsRequest, moto: Moto): Promise<Reply | undefined> {
    if (!/^(Create|Update|Delete|Describe)Services?$/.test(request.op)) return undefined;
    if (request.op === "CreateService" || request.op === "UpdateService") this.keep(request);
    const reply = await moto.send(request);
    if (reply.status !== 200) return reply;
    const body = JSON.parse(reply.body.toString()) as Body;
    for (const service of [body.service ?? [], body.services ?? []].flat()) this.complete(service);
    return { ...reply, body: Buffer.from(JSON.stringify(body)) };
  }

  private keep({ body }: AwsRequest): void {
    const given = JSON.parse(body.toString()) as Record<string, unknown>;
    const name = String(given["serviceName"] ?? String(given["service"]).split("/").at(-1));
    const kept = KEPT.filter((argument) => given[argument] !== undefined).map((argument) => [
      argument,
      given[argument],
    ]);
    this.kept.set(name, { ...this.kept.get(name), ...Object.fromEntries(kept) });
  }

  private complete(service: Service): void {
    const tasks = { runningCount: service.desiredCount, pendingCount: 0 };
    const deployments = (service["deployments"] ?? []) as Record<string, unknown>[];
    Object.assign(service, { availabilityZoneRebalancing: "DISABLED" }, this.kept.get(service.serviceName), tasks, {
      deployments: deployments
        .slice(0, 1)
        .map((deployment) => ({ ...deployment, ...tasks, rolloutState: "COMPLETED", failedTasks: 0 })),
    });
  }
}
