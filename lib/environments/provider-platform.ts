/** Platforms that a stack carries the provider for, in Terraform's words. The provider runs wherever Node.js does. */
export const PROVIDER_PLATFORMS = ["linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64"] as const;

/** An operating system and a processor, in Terraform's words. */
export type ProviderPlatform = (typeof PROVIDER_PLATFORMS)[number];
