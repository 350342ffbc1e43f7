import { randomUUID } from "node:crypto";
import type { Moto } from "./moto";
import { failure, type Reply } from "./reply";
import type { AwsRequest } from "./request";
import type { ServiceFill } from "./service-fill";

type Json = Record<string, unknown>;

/** AWS Backup: tags, plans that are updated, and selections. */
export class BackupFill implements ServiceFill {
  readonly service = "backup";

  /** By ARN. */
  private readonly tags = new Map<string, Json>();
  /** What moto cannot change: the current plan, by id. */
  private readonly updated = new Map<string, Json>();
  /** By id. */
  private readonly selections = new Map<string, Json>();

  reset(): void {
    for (const kept of [this.tags, this.updated, this.selections]) kept.clear();
  }

  async serve(request: AwsRequest, moto: Moto): Promise<Reply | undefined> {
    const [first = "", second = "", ...rest] = request.url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
    if (first === "tags" || first === "untag") return this.serveTags(request, second);
    if (first === "backup-vaults" && request.method === "PUT" && rest.length === 0) {
      return this.keepTags(await moto.send(request), "BackupVaultArn", bodyOf(request).BackupVaultTags);
    }
    if (first !== "backup" || second !== "plans") return undefined;
    const [plan, kind, selection] = rest;
    if (kind === "selections") return this.serveSelection(request, plan!, selection);
    if (plan !== undefined) return this.servePlan(request, moto, plan);
    if (request.method !== "PUT") return undefined;
    return this.keepTags(await moto.send(request), "BackupPlanArn", bodyOf(request).BackupPlanTags);
  }

  private keepTags(reply: Reply, field: string, tags: unknown): Reply {
    if (reply.status < 300) this.tags.set(String(read(reply.body)[field]), { ...(tags as Json) });
    return reply;
  }

  private serveTags(request: AwsRequest, arn: string): Reply {
    const tags = this.tags.get(arn) ?? {};
    if (request.method === "GET") return json({ Tags: tags });
    const { Tags = {}, TagKeyList = [] } = bodyOf(request) as { Tags?: Json; TagKeyList?: string[] };
    const left = Object.entries({ ...tags, ...Tags }).filter(([key]) => !TagKeyList.includes(key));
    this.tags.set(arn, Object.fromEntries(left));
    return json({});
  }

  private async servePlan(request: AwsRequest, moto: Moto, plan: string): Promise<Reply | undefined> {
    if (request.method === "POST") {
      const current = { BackupPlan: bodyOf(request).BackupPlan, VersionId: randomUUID() };
      this.updated.set(plan, current);
      return json({ BackupPlanId: plan, VersionId: current.VersionId });
    }
    const current = this.updated.get(plan);
    if (request.method !== "GET" || current === undefined) return undefined;
    const reply = await moto.send(request);
    return reply.status < 300 ? json({ ...read(reply.body), ...current }) : reply;
  }

  private serveSelection(request: AwsRequest, plan: string, id: string | undefined): Reply | undefined {
    if (request.method === "PUT") {
      const SelectionId = randomUUID();
      const { BackupSelection } = bodyOf(request);
      this.selections.set(SelectionId, { BackupSelection, SelectionId, BackupPlanId: plan });
      return json({ SelectionId, BackupPlanId: plan });
    }
    if (id === undefined) return undefined;
    if (request.method === "DELETE") return json({ deleted: this.selections.delete(id) });
    const selection = this.selections.get(id);
    // AWS says so of a selection that is not there.
    const absent = () => failure("json", 400, "InvalidParameterValueException", "Cannot find Backup plan");
    return selection === undefined ? absent() : json(selection);
  }
}

function bodyOf(request: AwsRequest): Json {
  return request.body.length === 0 ? {} : read(request.body);
}

function read(body: Buffer): Json {
  return JSON.parse(body.toString()) as Json;
}

function json(value: unknown): Reply {
  return { status: 200, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(value)) };
}
