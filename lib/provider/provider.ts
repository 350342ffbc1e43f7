import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { z } from "zod";
import { EngineError } from "../engine/engine-error";
import { decodeValue, encodeValue, type TerraformObject, UNKNOWN } from "../engine/protocol/dynamic-value";
import type { Diagnostic, DynamicValue } from "../engine/protocol/messages";
import { RunnerHost } from "../engine/runner/runner-host";
import { parseProgram, withDefaults } from "../engine/step-definition";
import { STEP_ATTRIBUTE_ROWS } from "../manifest/step-attributes";
import { applyToStep, removeStep, type ApplyOptions, type ApplyResult } from "./apply-step-change";
import { failure } from "./diagnostics";
import { PlanMemory } from "./plan-memory";
import { planRemoval, planCreate, planFailure, planUpdate, type PlanResult } from "./plan-step";
import { parseProof } from "./proof";
import { readLedger, importStep, readStep } from "./read-step";
import { ledgerSchema, providerSchema, schemaMessage, stepSchema } from "./schema";
import { ProviderSession } from "./session";
import { complete } from "./step-state";

const STEP = "sterna_step";
const LEDGER = "sterna_ledger";
const CAPABILITIES = { planDestroy: true, getProviderSchemaOptional: true };

type Message = Record<string, unknown>;
type Reply = Record<string, unknown>;

/** The provider's side of the protocol: decodes, delegates, encodes. */
export class SternaProvider {
  private session = new ProviderSession({});
  private memory = new PlanMemory();
  private stop = new AbortController();
  private readonly runners = new RunnerHost();
  private running = 0;

  /** Whether a step is being worked on. */
  get busy(): boolean {
    return this.running > 0;
  }

  /** The methods by their names in the protocol. */
  implementation(): UntypedServiceImplementation {
    const methods: Record<string, (request: Message) => Promise<Reply> | Reply> = {
      GetMetadata: () => ({
        serverCapabilities: CAPABILITIES,
        resources: [{ typeName: STEP }],
        dataSources: [{ typeName: LEDGER }],
      }),
      GetProviderSchema: () => ({
        provider: schemaMessage(providerSchema),
        resourceSchemas: { [STEP]: schemaMessage(stepSchema) },
        dataSourceSchemas: { [LEDGER]: schemaMessage(ledgerSchema) },
        serverCapabilities: CAPABILITIES,
      }),
      ValidateProviderConfig: () => ({}),
      ValidateResourceConfig: (request) => ({ diagnostics: validateStep(value(request.config)!) }),
      ValidateDataResourceConfig: () => ({}),
      UpgradeResourceState: (request) => this.upgrade(request),
      ConfigureProvider: (request) => this.configure(value(request.config)!),
      ReadResource: (request) => this.read(request),
      PlanResourceChange: (request) => this.plan(request),
      ApplyResourceChange: (request) => this.apply(request),
      ImportResourceState: (request) => this.importState(request),
      ReadDataSource: (request) => this.readData(value(request.config)!),
      StopProvider: () => {
        this.stop.abort();
        return {};
      },
    };
    return Object.fromEntries(Object.entries(methods).map(([name, method]) => [name, unary(method)]));
  }

  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.runners.close()]);
  }

  /** States of any version are read by the attributes they share with this one. */
  private upgrade(request: Message): Reply {
    const raw = (request.rawState as { json: Uint8Array }).json;
    return { upgradedState: encodeValue(complete(JSON.parse(Buffer.from(raw).toString("utf8")) as TerraformObject)) };
  }

  /** Each plan and each apply begins with this. One process serves several of them when it is attached. */
  private configure(config: TerraformObject): Reply {
    const { session: previous } = this;
    this.session = new ProviderSession(config);
    this.memory = new PlanMemory();
    this.stop = new AbortController();
    void previous.close().catch(() => undefined);
    return {};
  }

  private async read(request: Message): Promise<Reply> {
    const { state, diagnostics } = await readStep(value(request.currentState)!, this.session);
    return { newState: encodeValue(state), diagnostics, private: request.private };
  }

  private async plan(request: Message): Promise<Reply> {
    const prior = value(request.priorState);
    const config = value(request.config);
    const given = value(request.proposedNewState);
    const proposed = given && config && withDefaults(given, config);
    try {
      const planned = await this.planChange(prior, proposed);
      return {
        plannedState: encodeValue(planned.state),
        plannedPrivate: Buffer.from(JSON.stringify(planned.private)),
        diagnostics: planned.diagnostics,
      };
    } catch (error) {
      const id = (proposed ?? prior)?.id;
      return { plannedState: request.proposedNewState, diagnostics: [planFailure(id, error)] };
    }
  }

  private async planChange(prior: TerraformObject | null, proposed: TerraformObject | null): Promise<PlanResult> {
    if (!proposed) return planRemoval(prior!, this.session, this.memory);
    if (!prior) return planCreate(proposed, this.session, this.memory);
    return planUpdate(prior, proposed, this.session, this.memory);
  }

  private async apply(request: Message): Promise<Reply> {
    this.running++;
    try {
      const { state, diagnostics } = await this.applyChange(
        value(request.priorState),
        value(request.plannedState),
        request.plannedPrivate as Uint8Array | undefined,
      );
      return { newState: encodeValue(state), diagnostics };
    } finally {
      this.running--;
    }
  }

  private async applyChange(
    prior: TerraformObject | null,
    planned: TerraformObject | null,
    plannedPrivate: Uint8Array | undefined,
  ): Promise<ApplyResult> {
    if (planned) {
      this.memory.works(nameOf(planned));
      return applyToStep(prior, planned, this.session, this.options(planned));
    }
    if (this.memory.isSuperseded(nameOf(prior!))) return { state: null, diagnostics: [] };
    return removeStep(prior!, plannedPrivate, this.session, this.options(prior!));
  }

  private async importState(request: Message): Promise<Reply> {
    const id = String(request.id);
    try {
      const state = encodeValue(await importStep(id, this.session));
      return { importedResources: [{ typeName: STEP, state }] };
    } catch (error) {
      return { diagnostics: [failure(`Step "${id}" cannot be imported`, error)] };
    }
  }

  private async readData(config: TerraformObject): Promise<Reply> {
    try {
      const { state, diagnostics } = await readLedger(config, this.session, this.memory);
      return { state: encodeValue(state), diagnostics };
    } catch (error) {
      return { state: encodeValue(config), diagnostics: [failure("The ledger cannot be read", error)] };
    }
  }

  private options(step: TerraformObject): ApplyOptions {
    const id = String(step.id);
    return {
      signal: this.stop.signal,
      runners: this.runners,
      // Terraform shows a provider's stderr in its log only, at level DEBUG.
      onProgress: (message) => process.stderr.write(`[DEBUG] sterna: ${id}: ${message}\n`),
    };
  }
}

function value(message: unknown): TerraformObject | null {
  return decodeValue(message as DynamicValue | undefined);
}

function nameOf(step: TerraformObject): { system: string; id: string } {
  return { system: String(step.system), id: String(step.id) };
}

/** A unary call. An error is answered, never thrown: Terraform would report a crashed plugin. */
function unary(method: (request: Message) => Promise<Reply> | Reply) {
  return (call: { request: Message }, callback: (error: null, reply: Reply) => void): void => {
    Promise.resolve()
      .then(() => method(call.request))
      .catch((error: unknown): Reply => ({ diagnostics: [failure("Sterna failed", error) satisfies Diagnostic] }))
      .then((reply) => callback(null, reply));
  };
}

type ArgumentChecks = Readonly<Record<string, (value: unknown) => unknown>>;
let checks: ArgumentChecks | undefined;

/**
 * How each argument is checked. What is in lists and maps may be unknown yet; their types Terraform has checked. A function,
 * so that starting the provider need not build the schemas.
 */
const argumentChecks = (): ArgumentChecks =>
  (checks ??= {
    ...Object.fromEntries(
      STEP_ATTRIBUTE_ROWS.filter(({ type }) => typeof type === "string").map(({ terraform, type, schema }) => [
        terraform,
        (value: unknown) => assertArgument(value, type === "number" ? z.preprocess(Number, schema) : schema),
      ]),
    ),
    program: parseProgram,
    proof: parseProof,
  });

function assertArgument(value: unknown, schema: z.ZodType): void {
  const { error } = schema.safeParse(value);
  if (!error) return;
  const issues = error.issues.map(({ message }) => message).join("; ");
  throw new EngineError("InvalidStep", `got ${JSON.stringify(value)}: ${issues}`);
}

/** What is wrong with the arguments of a step, as far as they are known: each error at its argument. */
function validateStep(config: TerraformObject): Diagnostic[] {
  return Object.entries(argumentChecks()).flatMap(([name, read]) => {
    const value = config[name] ?? null;
    if (value === null || value === UNKNOWN) return [];
    try {
      read(value);
      return [];
    } catch (error) {
      return [failure(`Step "${String(config.id)}" has an invalid ${name}`, error, name)];
    }
  });
}
