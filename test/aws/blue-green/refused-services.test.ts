import { describe, expect, test } from "@jest/globals";
import type { BlueGreenServiceProps } from "../../../lib/aws/blue-green/blue-green-service-props";
import { Duration } from "../../../lib/core/duration";
import { SecretReference } from "../../../lib/core/references";
import { Size } from "../../../lib/core/size";
import { STEADY, synthesizeService } from "./service";

describe("a service in two colors", () => {
  test.each<[string, Partial<BlueGreenServiceProps>, string, string]>([
    ["a name that no load balancer can take", { serviceName: "shop_1" }, "InvalidServiceName", '"shop_1"'],
    ["a name that AWS keeps to itself", { serviceName: "internal-shop" }, "InvalidServiceName", '"internal-"'],
    ["a name that is too long", { serviceName: "s".repeat(33) }, "InvalidServiceName", "1 to 32"],
    ["a release without a port", { containerPort: { "0.9.0": 80 } }, "InvalidPort", 'add "1.0.0": 8080'],
    ["a port of a release out of range", { containerPort: { "1.0.0": 0 } }, "InvalidPort", 'containerPort["1.0.0"]'],
    ["plain HTTP to the internet", { certificateArn: undefined }, "PlaintextWithoutReason", "internal: true"],
    [
      "a reason for plain HTTP beside a certificate",
      { acknowledge: { PlaintextWithoutReason: "a service mesh encrypts" } },
      "NothingToAcknowledge",
      "PlaintextWithoutReason",
    ],
    [
      "a transform of a role that it does not make",
      { taskRoleArn: "arn:aws:iam::1:role/shop", transform: { taskRole: { description: "-" } } },
      "TransformWithoutResource",
      "taskRoleArn",
    ],
    [
      "a variable that is a secret",
      { environmentVariables: { API_TOKEN: "k3Jd8sPq0Zx7Lm2V" } },
      "LiteralSecretValue",
      "environmentVariables.API_TOKEN",
    ],
    ["a release without an image", { rollout: STEADY.prewarm("9.0.0") }, "ImageMissing", "green runs release 9.0.0"],
    ["an image with a tag", { images: { "1.0.0": "shop:latest" } }, "ImageWithoutDigest", '"shop:latest"'],
    [
      "one subnet for the load balancer",
      { loadBalancerSubnetIds: ["a", "a"] },
      "TooFewSubnets",
      "two availability zones",
    ],
    ["no subnet for the tasks", { subnetIds: [] }, "TooFewSubnets", "`subnetIds`"],
    ["a port out of range", { containerPort: 0 }, "InvalidPort", "`containerPort` is 0"],
    [
      "a secret that is written out",
      { secrets: { TOKEN: "hunter2-hunter2" } },
      "LiteralSecretValue",
      "the secret TOKEN is plain text and not an ARN",
    ],
    [
      "a secret by a name, which ECS takes for a parameter",
      { secrets: { TOKEN: SecretReference.aws("shop/token") } },
      "SecretReferenceInvalid",
      'the secret TOKEN: Amazon ECS finds a secret by its ARN, got the name "shop/token"',
    ],
    [
      "a password",
      { environmentVariables: { URL: "redis://:secret@cache/" } },
      "LiteralPassword",
      "environmentVariables.URL is a URL with a password",
    ],
    [
      "a variable of two options",
      { environmentVariables: { A: "1" }, secrets: { A: "arn:aws:ssm:us-east-1:1:parameter/a" } },
      "InvalidEnvironmentVariable",
      "A is in",
    ],
    ["a test listener on the live port", { testPort: 443 }, "TestListenerLive", "testPort is 443"],
    ["fewer tasks at most than at least", { minTasks: 4, maxTasks: 2 }, "InvalidTaskCount", "4 to 2"],
    ["a color without tasks", { minTasks: 0 }, "InvalidTaskCount", "0 to 10"],
    ["half a task", { maxTasks: 2.5 }, "InvalidTaskCount", "2.5"],
    ["a CPU use of 0 percent", { targetCpuPercent: 0 }, "InvalidPercent", "`targetCpuPercent` is 0"],
    ["more errors than responses", { errorPercent: 101 }, "InvalidPercent", "`errorPercent` is 101"],
    ["memory that Fargate does not offer", { memory: Size.mebibytes(1536) }, "InvalidFargateSize", "512, 1024 or 2048"],
    ["too little memory for the CPU", { cpu: 1024 }, "InvalidFargateSize", "2048 to 8192 MiB"],
    ["a long drain", { deregistrationDelay: Duration.hours(2) }, "InvalidLoadBalancerTime", "0 to 3600"],
    ["a fast health check", { healthCheckInterval: Duration.seconds(1) }, "InvalidLoadBalancerTime", "5 to 300"],
    ["stickiness for ever", { stickiness: Duration.days(8) }, "InvalidLoadBalancerTime", "1 to 604800"],
    ["logs for four days", { logRetention: Duration.days(4) }, "InvalidLogRetention", "4 days"],
  ])("refuses %s", (_, props, code, detail) => {
    // WHEN
    const make = (): unknown => synthesizeService(props);

    // THEN
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringContaining(detail) }));
    expect(make).toThrow("[at test/shop]");
  });
});
