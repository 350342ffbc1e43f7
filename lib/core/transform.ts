/**
 * The way out of a construct's defaults: changes what it passes to one of its children, right before that child is
 * made. An object is merged over the configuration (one level deep); a function gets it and returns another.
 *
 * What a transform changes is not validated.
 */
export type Transform<Config> = Partial<Config> | ((config: Config) => Config);

/** The configuration after the transform. */
export function applyTransform<Config extends object>(
  config: Config,
  transform: Transform<Config> | undefined,
): Config {
  return typeof transform === "function" ? transform(config) : { ...config, ...transform };
}
