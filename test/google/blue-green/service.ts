import { GoogleProvider } from "@cdktf/provider-google/lib/provider";
import { BlueGreenService } from "../../../lib/google/blue-green/blue-green-service";
import type { BlueGreenServiceProps } from "../../../lib/google/blue-green/blue-green-service-props";
import { image, STEADY } from "../../aws/blue-green/service";
import { synthesize, type SynthesizedStack } from "../../support/synth";

export const SERVICE: BlueGreenServiceProps = {
  serviceName: "shop",
  location: "europe-west3",
  rollout: STEADY,
  images: { "1.0.0": image("1.0.0"), "1.1.0": image("1.1.0"), "1.2.0": image("1.2.0") },
  containerPort: 8080,
};

/** A stack with one service in it. */
export function synthesizeService(
  props: Partial<BlueGreenServiceProps> = {},
  more: (service: BlueGreenService) => void = () => {},
): SynthesizedStack {
  return synthesize((stack) => {
    new GoogleProvider(stack, "google");
    more(new BlueGreenService(stack, "shop", { ...SERVICE, ...props }));
  });
}
