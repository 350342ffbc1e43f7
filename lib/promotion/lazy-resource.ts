import type { AttributeChange, ReportedProof, ReportedResource } from "./promotion-report";

/** All of a resource but what changes in it. */
export type ResourceHead = Omit<ReportedResource, "attributes">;

/**
 * A resource whose changes are taken apart anew each time that they are read: of a large plan most forms of a report show
 * few of them, or none. As JSON it is whole; a copy with `...` has no `attributes`.
 */
export class LazyResource implements ReportedResource {
  declare readonly address: string;
  declare readonly type: string;
  declare readonly action: string;
  declare readonly createBeforeDestroy: boolean;
  declare readonly actionReason: string | undefined;
  declare readonly movedFrom: string | undefined;
  declare readonly importId: string | undefined;
  declare readonly deposed: string | undefined;
  declare readonly stateful: boolean;
  declare readonly proof: ReportedProof | undefined;
  declare private readonly readAttributes: () => AttributeChange[];

  constructor(head: ResourceHead, readAttributes: () => AttributeChange[], proof = head.proof) {
    // One by one, and the fields only declared: this is made as often as a plan has changes.
    this.address = head.address;
    this.type = head.type;
    this.action = head.action;
    this.createBeforeDestroy = head.createBeforeDestroy;
    this.actionReason = head.actionReason;
    this.movedFrom = head.movedFrom;
    this.importId = head.importId;
    this.deposed = head.deposed;
    this.stateful = head.stateful;
    this.proof = proof;
    this.readAttributes = readAttributes;
  }

  get attributes(): AttributeChange[] {
    return this.readAttributes();
  }

  toJSON(): ReportedResource {
    const { readAttributes, ...head } = this;
    return { ...head, attributes: readAttributes() };
  }
}

/** The same resource with what the environment before says about it. Its changes are not read. */
export function withProof(resource: ReportedResource, proof: ReportedProof): ReportedResource {
  return new LazyResource(resource, () => resource.attributes, proof);
}
