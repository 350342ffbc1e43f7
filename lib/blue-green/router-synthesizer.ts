import { writeFileSync } from "node:fs";
import type { IStackSynthesizer, ISynthesisSession } from "cdktf";
import { StackPlace } from "../environments/stack-place";
import type { BlueGreenStacks } from "./blue-green-stacks";
import { DEPLOY_ORDER_FILE } from "./deploy-order";

/** Adds `blue-green.json` to the folder of the router's stack. */
export class RouterSynthesizer implements IStackSynthesizer {
  constructor(
    private readonly stacks: BlueGreenStacks,
    private readonly inner: IStackSynthesizer,
  ) {}

  synthesize(session: ISynthesisSession): void {
    this.inner.synthesize(session);
    const { router, deployOrder } = this.stacks;
    const file = new StackPlace(router, router.node.id).file(DEPLOY_ORDER_FILE);
    writeFileSync(file, `${JSON.stringify(deployOrder, null, 2)}\n`);
  }
}
