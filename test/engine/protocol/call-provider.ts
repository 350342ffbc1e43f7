import { decodeValue, encodeValue, UNKNOWN, type TerraformObject } from "../../../lib/engine/protocol/dynamic-value";
import type { Diagnostic, DynamicValue } from "../../../lib/engine/protocol/messages";
import { SternaProvider } from "../../../lib/provider/provider";
import { stepSchema } from "../../../lib/provider/schema";

type Method = (call: { request: object }, callback: (error: unknown, reply: Record<string, unknown>) => void) => void;

/** What the provider answered, read. */
export interface Reply {
  readonly diagnostics: Diagnostic[];
  /** The state of whichever kind the method gives. */
  readonly state: TerraformObject | null;
  readonly private: string;
}

/** Calls the provider as Terraform does, with bytes instead of objects. */
export class ProviderCaller {
  private readonly methods = new SternaProvider().implementation() as unknown as Record<string, Method>;

  async call(method: string, request: Record<string, unknown>): Promise<Reply> {
    const encoded = Object.fromEntries(
      Object.entries(request).map(([name, value]) => [
        name,
        value instanceof Uint8Array || typeof value === "string" || (value as { json?: unknown } | null)?.json
          ? value
          : encodeValue(value as TerraformObject | null),
      ]),
    );
    const reply = await new Promise<Record<string, unknown>>((resolve, reject) =>
      this.methods[method]!({ request: encoded }, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
    const state = reply.plannedState ?? reply.newState ?? reply.upgradedState ?? reply.state;
    return {
      diagnostics: (reply.diagnostics ?? []) as Diagnostic[],
      state: decodeValue(state as DynamicValue | undefined),
      private: Buffer.from((reply.plannedPrivate ?? "") as Uint8Array).toString(),
    };
  }

  async configure(config: TerraformObject): Promise<void> {
    await this.call("ConfigureProvider", { config });
  }

  /** Plans as Terraform does: what the configuration leaves to the provider is unknown in the proposed state. */
  async planCreation(config: TerraformObject): Promise<Reply> {
    return this.call("PlanResourceChange", { priorState: null, proposedNewState: proposed(config), config });
  }

  async planChange(priorState: TerraformObject, config: TerraformObject): Promise<Reply> {
    return this.call("PlanResourceChange", { priorState, proposedNewState: { ...priorState, ...config }, config });
  }

  async planRemoval(priorState: TerraformObject): Promise<Reply> {
    return this.call("PlanResourceChange", { priorState, proposedNewState: null, config: null });
  }
}

function proposed(config: TerraformObject): TerraformObject {
  const computed = Object.entries(stepSchema).filter(([, { use }]) => use === "computed" || use === "defaulted");
  const unknown = computed.filter(([name]) => (config[name] ?? null) === null).map(([name]) => [name, UNKNOWN]);
  return { ...config, ...Object.fromEntries(unknown) };
}

/** The arguments of a step; what is left out is null. */
export function stepConfig(overrides: TerraformObject = {}): TerraformObject {
  const nothing = Object.fromEntries(Object.keys(stepSchema).map((name) => [name, null]));
  return {
    ...nothing,
    id: "s1",
    system: "shop",
    release: "1.0.0",
    program: JSON.stringify({ kind: "command", up: "true", down: "true", verify: [{ query: "true", expected: "" }] }),
    ...overrides,
  };
}
