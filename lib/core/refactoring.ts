import { TerraformResource, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import { checkTree, report, ValidationError } from "./errors";

type Block = { readonly from: string; readonly to: string } | { readonly id: string; readonly to: string };

const blocksOfStacks = new WeakMap<TerraformStack, Map<"moved" | "import", Block[]>>();

/**
 * Tells Terraform that the resources of a construct used to have another path, so that it keeps them instead of
 * destroying and recreating them.
 *
 * @param previously former paths of the construct inside its stack, such as `files` or `storage/files`
 * @see https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
 * @throws ValidationError `PreviousPathIsPresent`
 */
export function keepMovedResources(construct: Construct, previously: readonly string[]): void {
  const stack = TerraformStack.of(construct);
  const present = pathInStack(construct, stack);
  for (const path of previously) {
    if (path === present.join("/")) {
      throw new ValidationError(
        "PreviousPathIsPresent",
        `previously names "${path}", where the construct is now. Name where it was before, or leave it out.`,
        construct,
      );
    }
    for (const resource of resourcesOf(construct)) {
      const child = pathInStack(resource, stack).slice(present.length);
      const from = formerId(stack, [...path.split("/"), ...child]);
      addBlock(stack, "moved", { from: `${resource.terraformResourceType}.${from}`, to: addressOf(resource) });
    }
  }
}

/** An existing resource that Terraform imports instead of creating one. */
export interface Adoption {
  /** The id for `terraform import`, as the provider documents it. */
  readonly id: string;
}

/**
 * Imports an existing resource. Uses an override, since cdktf's `importFrom` runs Terraform at synth.
 *
 * @param id what the provider calls the resource in its documentation of `terraform import`
 * @see https://developer.hashicorp.com/terraform/language/import
 */
export function adoptResource(resource: TerraformResource, id: string): void {
  addBlock(TerraformStack.of(resource), "import", { to: addressOf(resource), id });
}

/** The list stays the same object, so that later blocks are added to it. */
function addBlock(stack: TerraformStack, kind: "moved" | "import", block: Block): void {
  const kinds = blocksOfStacks.get(stack) ?? new Map<"moved" | "import", Block[]>();
  blocksOfStacks.set(stack, kinds);
  let blocks = kinds.get(kind);
  if (blocks === undefined) {
    kinds.set(kind, (blocks = []));
    stack.addOverride(kind, blocks);
  }
  blocks.push(block);
}

function addressOf(resource: TerraformResource): string {
  return `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
}

function resourcesOf(construct: Construct): TerraformResource[] {
  return construct.node.findAll().filter((one) => TerraformResource.isTerraformResource(one));
}

function pathInStack(construct: Construct, stack: TerraformStack): string[] {
  return construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
}

/** The id that the stack would give to a resource at a path that no longer exists. */
function formerId(stack: TerraformStack, path: readonly string[]): string {
  const scopes = [...stack.node.scopes, ...path.map((id) => ({ node: { id } }))];
  return stack.getLogicalId({ scopes } as unknown as Node);
}

/**
 * An escape hatch: changes the configuration that a construct passes to one of its children. An object is merged over
 * the configuration (one level deep); a function receives it and returns another.
 *
 * Sterna does not validate what a transform changes.
 */
export type Transform<Config> = Partial<Config> | ((config: Config) => Config);

/** The configuration after the transform. */
export function applyTransform<Config extends object>(
  config: Config,
  transform: Transform<Config> | undefined,
): Config {
  return typeof transform === "function" ? transform(config) : { ...config, ...transform };
}

/**
 * Refuses, at synthesis, each transform of a child that the declaration does not create: it would have no effect.
 *
 * @param children ids of the children that each transform changes
 * @throws ValidationError `TransformWithoutResource`
 */
export function refuseTransformsWithoutChild(
  construct: Construct,
  transform: object | undefined,
  children: Readonly<Record<string, RegExp>>,
): void {
  const given = Object.entries(transform ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return;
  checkTree(construct, () => {
    const ids = construct.node.children.map(({ node }) => node.id);
    const unused = given.filter((name) => children[name] !== undefined && !ids.some((id) => children[name]!.test(id)));
    if (unused.length === 0) return;
    const names = unused.map((name) => `transform.${name}`).join(" and ");
    const message = `${names} would have no effect, because the declaration creates no such resource. Remove it, or add the option that creates the resource`;
    throw new ValidationError("TransformWithoutResource", message, construct);
  });
}

/**
 * Refuses the transform of a child that the other options leave out: it would have no effect.
 *
 * @param missing by the name of a transform, why its child is not created; nothing for a child that is
 * @throws ValidationError `TransformWithoutResource`
 */
export function refuseUnusedTransforms(
  construct: Construct,
  transform: object | undefined,
  missing: Readonly<Record<string, string | false | undefined>>,
): void {
  const given: Readonly<Record<string, unknown>> = { ...transform };
  for (const [name, reason] of Object.entries(missing)) {
    if (given[name] === undefined || reason === undefined || reason === false) continue;
    const message = `transform.${name} would have no effect, because ${reason}. Remove it, or change the other option`;
    report(construct, "TransformWithoutResource", message);
  }
}
