import { closeSync, openSync, readSync } from "node:fs";
import { z } from "zod";
import { SternaError } from "../../core/errors";
import { STEP_TYPE } from "./step-change";
import { foundChanges, PlanBuilder, type PlanReading, type ReadingOptions } from "./plan-builder";
import { JsonSlicer, type JsonSelection } from "./json-slicer";
import {
  parsePart,
  actionInvocationJson,
  attributeReference,
  checkJson,
  configuredResource,
  type ConfiguredResource,
  deferredActionJson,
  deferredChangeJson,
  formatVersion,
  moduleCallJson,
  outputChangeJson,
  provisionedResource,
  variableJson,
} from "./plan-schema";

/** What a plan is read by, bytes: no more than stays near the processor. */
const CHUNK_BYTES = 256 * 1024;
const STEP_ADDRESS = Buffer.from(`${STEP_TYPE}.`);
const PROVISIONERS = Buffer.from('"provisioners"');

/**
 * Reads a plan while Terraform prints it (`terraform show -json <plan>`): each change on its own, so that neither the
 * size of the plan nor that of the longest string is a limit.
 *
 * Source: Terraform, "JSON Output Format", format version 1.x. Attributes that it does not know pass unread.
 */
export class PlanReader {
  private readonly builder: PlanBuilder;
  private readonly slicer: JsonSlicer;

  constructor(options: ReadingOptions = {}) {
    const builder = new PlanBuilder(options);
    const takeStep = stepTaker((step) => builder.depends(step));
    const dependencies: JsonSelection = { members: { resources: { each: { take: takeStep } } } };
    const configuration: JsonSelection = {
      members: {
        resources: {
          each: {
            take: (json) => {
              takeStep(json);
              if (json.includes(PROVISIONERS)) builder.provision("", parsePart(provisionedResource, json));
            },
          },
        },
        module_calls: {
          each: {
            take: (json, name) => {
              if (json.includes(PROVISIONERS))
                builder.provisionModule(`module.${name}.`, parsePart(moduleCallJson, json));
            },
          },
        },
      },
    };
    this.builder = builder;
    this.slicer = new JsonSlicer({
      members: {
        format_version: { take: (json) => void parsePart(formatVersion, json) },
        terraform_version: { take: (json) => (builder.terraform = parsePart(z.string(), json)) },
        applyable: { take: (json) => (builder.applyable = parsePart(z.boolean().nullable(), json) ?? undefined) },
        resource_changes: foundChanges((change, found) => builder.change(change, found)),
        resource_drift: foundChanges((change, found) => builder.drifted(change, found)),
        deferred_changes: { each: { take: (json) => builder.defer(parsePart(deferredChangeJson, json)) } },
        action_invocations: { each: { take: (json) => builder.invoke(parsePart(actionInvocationJson, json)) } },
        deferred_action_invocations: {
          each: { take: (json) => builder.deferInvocation(parsePart(deferredActionJson, json)) },
        },
        checks: { each: { take: (json) => builder.check(parsePart(checkJson, json)) } },
        output_changes: { each: { take: (json, name) => builder.output(name, parsePart(outputChangeJson, json)) } },
        relevant_attributes: { each: { take: (json) => builder.relevant(parsePart(attributeReference, json)) } },
        prior_state: { members: { values: { members: { root_module: dependencies } } } },
        configuration: { members: { root_module: configuration } },
        variables: { each: { take: (json, name) => builder.variable(name, parsePart(variableJson, json)) } },
      },
    });
  }

  /**
   * Takes the next bytes of the plan, for good: the changes are kept in them until they are shown.
   *
   * @throws SternaError `PlanUnreadable`
   */
  write(chunk: Buffer): void {
    this.slicer.write(chunk);
  }

  /**
   * What was read.
   *
   * @throws SternaError `PlanUnreadable` when the plan is not complete
   */
  end(): PlanReading {
    this.slicer.end();
    return this.builder.build();
  }
}

/**
 * Reads a plan's JSON from a file.
 *
 * @throws SternaError `FileUnreadable`, `PlanUnreadable`
 */
export function readPlanFile(file: string, options: ReadingOptions = {}): PlanReading {
  const reader = new PlanReader(options);
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (cause) {
    throw new SternaError("FileUnreadable", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(descriptor, chunk);
      if (length === 0) break;
      reader.write(chunk.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
  return reader.end();
}

/** Selects the steps of a configuration, or of a state. Most resources of both are none. */
function stepTaker(take: (step: ConfiguredResource) => void): (json: Buffer) => void {
  return (json) => {
    if (!json.includes(STEP_ADDRESS)) return;
    const resource = parsePart(configuredResource, json);
    if (resource.address.includes(`${STEP_TYPE}.`)) take(resource);
  };
}
