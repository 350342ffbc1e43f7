import type { Moto } from "./moto";
import type { Reply } from "./reply";
import type { AwsRequest } from "./request";

/** Fills moto's gaps in one service. One file per service; what is filled is listed in docs/tasks/try-without-cloud.md. */
export interface ServiceFill {
  /** Service, as in the credential scope of a signature. */
  readonly service: string;

  /** Answers a request, or gives nothing to let moto answer. */
  serve(request: AwsRequest, moto: Moto): Promise<Reply | undefined>;

  /** Forgets what was kept. */
  reset(): void;
}
