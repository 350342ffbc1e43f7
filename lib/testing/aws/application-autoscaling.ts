import type { Reply } from "./reply";
import type { AwsRequest } from "./request";
import type { ServiceFill } from "./service-fill";

/** Application Auto Scaling: moto has no tags there; Terraform asks for them after each change. */
export class ApplicationAutoscalingFill implements ServiceFill {
  readonly service = "application-autoscaling";

  async serve({ op }: AwsRequest): Promise<Reply | undefined> {
    if (op !== "ListTagsForResource") return undefined;
    const headers = { "content-type": "application/x-amz-json-1.1" };
    return { status: 200, headers, body: Buffer.from(JSON.stringify({ Tags: {} })) };
  }

  reset(): void {}
}
