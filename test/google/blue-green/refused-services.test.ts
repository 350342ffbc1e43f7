import { describe, expect, test } from "@jest/globals";
import type { BlueGreenServiceProps } from "../../../lib/google/blue-green/blue-green-service-props";
import { Duration } from "../../../lib/core/duration";
import { SecretReference } from "../../../lib/core/references";
import { Size } from "../../../lib/core/size";
import { STEADY } from "../../aws/blue-green/service";
import { synthesizeService } from "./service";

describe("a service in two colors on Cloud Run", () => {
  test.each<[string, Partial<BlueGreenServiceProps>, string, string]>([
    ["a name with capitals", { serviceName: "Shop" }, "InvalidServiceName", '"Shop"'],
    ["a name of one letter", { serviceName: "s" }, "InvalidServiceName", "2 to 26"],
    ["a name that is too long", { serviceName: "s".repeat(27) }, "InvalidServiceName", "2 to 26"],
    [
      "a name that is too long for a service",
      { serviceName: "s".repeat(50), serviceAccountEmail: "app@shop.iam.gserviceaccount.com" },
      "InvalidServiceName",
      "2 to 49",
    ],
    [
      "a transform of an account that it does not make",
      {
        serviceAccountEmail: "app@shop.iam.gserviceaccount.com",
        transform: { serviceAccount: { description: "-" } },
      },
      "TransformWithoutResource",
      "transform.serviceAccount would have no effect",
    ],
    [
      "a secret that is written out",
      { environmentVariables: { API_TOKEN: "k3Jd8sPq0Zx7Lm2V" } },
      "LiteralSecretValue",
      "environmentVariables.API_TOKEN",
    ],
    ["a release without an image", { rollout: STEADY.prewarm("9.0.0") }, "ImageMissing", "green runs release 9.0.0"],
    ["an image with a tag", { images: { "1.0.0": "shop:latest" } }, "ImageWithoutDigest", '"shop:latest"'],
    ["a port out of range", { containerPort: 65536 }, "InvalidPort", "`containerPort` is 65536"],
    ["fewer instances at most than at least", { minInstances: 4, maxInstances: 2 }, "InvalidTaskCount", "4 to 2"],
    ["a color that can have no instance", { minInstances: 0, maxInstances: 0 }, "InvalidTaskCount", "0 to 0"],
    ["half an instance", { minInstances: 0.5 }, "InvalidTaskCount", "0.5"],
    ["too much memory for the CPU", { memory: Size.gibibytes(5) }, "InvalidCloudRunSize", "128 to 4096"],
    ["too little memory for the CPU", { cpu: 8, memory: Size.gibibytes(2) }, "InvalidCloudRunSize", "4096 to 32768"],
    ["a slow start", { startupTimeout: Duration.minutes(5) }, "InvalidProbeTime", "1 to 240"],
    ["a rare health check", { healthCheckInterval: Duration.hours(2) }, "InvalidProbeTime", "1 to 3600"],
    ["a variable of Cloud Run", { environmentVariables: { PORT: "80" } }, "InvalidEnvironmentVariable", "sets PORT"],
    [
      "a variable of two options",
      { environmentVariables: { A: "1" }, secrets: { A: { secret: "a", version: "1" } } },
      "InvalidEnvironmentVariable",
      "A is in",
    ],
    [
      "a version that is none",
      { secrets: { A: { secret: "a", version: "newest" } } },
      "InvalidEnvironmentVariable",
      '"newest"',
    ],
    [
      "a key of a secret, which Cloud Run cannot read",
      { secrets: { A: SecretReference.google("projects/p/secrets/a", { key: "url" }) } },
      "SecretReferenceInvalid",
      'the secret A: Cloud Run gives a container the whole value of a secret, got the key "url"',
    ],
    [
      "a password",
      { environmentVariables: { A: "redis://:secret@cache/" } },
      "LiteralPassword",
      "environmentVariables.A is a URL with a password",
    ],
    ["a variable for the color", { environmentVariables: { COLOR: "red" } }, "InvalidEnvironmentVariable", "COLOR"],
    ["an e-mail address without its kind", { invokers: { me: "me@example.org" } }, "InvalidInvoker", "`me`"],
    ["a way without a subnetwork", { vpcEgress: "all-traffic" }, "EgressWithoutSubnetwork", '"all-traffic"'],
  ])("refuses %s", (_, props, code, detail) => {
    // WHEN
    const make = (): unknown => synthesizeService(props);

    // THEN
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(detail) }));
    expect(make).toThrow("[at test/shop]");
  });
});
