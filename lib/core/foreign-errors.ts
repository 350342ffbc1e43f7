import type { ErrorCode } from "./error-codes";

/** An error of constructs or cdktf that people meet often, in Sterna's words. */
interface Explanation {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  explain(...groups: readonly string[]): string;
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    // https://github.com/aws/constructs/blob/10.x/src/construct.ts, addChild
    pattern: /There is already a Construct with name '([^']+)' in (\w+)(?: \[([^\]]+)\])?/,
    code: "DuplicateConstruct",
    explain: (id, type, path) =>
      `there are two constructs "${id}" in ${path || `the ${type}`}; ids are unique in their scope, so give one of them another id`,
  },
  {
    // https://github.com/hashicorp/terraform-cdk/blob/main/packages/cdktf/lib/validations/validate-provider-presence.ts
    pattern: /without a matching provider construct[^]*?to your stack '([^']+)'[^]*?providers?: ([\w, -]+)/,
    code: "ProviderMissing",
    explain: (stack, providers) =>
      `stack ${stack} has resources of ${providers!.trim()}, and no provider; write ${PROVIDERS[providers!.trim()] ?? "new …Provider(stack, …)"} in it`,
  },
];

const PROVIDERS: Readonly<Record<string, string>> = {
  aws: 'new AwsProvider(stack, "aws", { region: "eu-central-1" })',
  google: 'new GoogleProvider(stack, "google", { project: "…" })',
};

/** Code and cure of an error that constructs or cdktf threw, if it is a known one. */
export function explainForeignError(
  message: string,
): { readonly code: ErrorCode; readonly message: string } | undefined {
  for (const { pattern, code, explain } of EXPLANATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return { code, message: explain(...match.slice(1)) };
  }
  return undefined;
}
