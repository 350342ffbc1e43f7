import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
  type PutSecretValueCommandInput,
  type RotateSecretCommandInput,
  type UpdateSecretVersionStageCommandInput,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { Faults } from "../../lib/testing/aws/faults";
import { startMoto, type Moto } from "../../lib/testing/aws/moto";
import { startProxy } from "../../lib/testing/aws/proxy";
import { requires } from "./requirements";
import { StrictSecretsManager, type RotationEvent } from "./strict-secrets-manager";

/** Many seconds on a machine that is busy with other tests. */
jest.setTimeout(60_000);

const RotationLambdaARN = "arn:aws:lambda:us-east-1:123456789012:function:rotator";
const refused = (name: string) => expect.objectContaining({ name }) as unknown;

/** What tests ask Secrets Manager for, of one secret. */
class Secret {
  constructor(
    private readonly client: SecretsManagerClient,
    readonly SecretId: string,
  ) {}

  static async create(client: SecretsManagerClient): Promise<Secret> {
    const { Name } = await client.send(new CreateSecretCommand({ Name: randomUUID(), SecretString: "first" }));
    return new Secret(client, Name!);
  }

  put(SecretString: string, options: Omit<PutSecretValueCommandInput, "SecretId" | "SecretString"> = {}) {
    return this.client.send(new PutSecretValueCommand({ SecretId: this.SecretId, SecretString, ...options }));
  }

  move(VersionStage: string, options: Omit<UpdateSecretVersionStageCommandInput, "SecretId" | "VersionStage">) {
    return this.client.send(new UpdateSecretVersionStageCommand({ SecretId: this.SecretId, VersionStage, ...options }));
  }

  rotate(options: Omit<RotateSecretCommandInput, "SecretId"> = {}) {
    return this.client.send(new RotateSecretCommand({ SecretId: this.SecretId, ...options }));
  }

  describe() {
    return this.client.send(new DescribeSecretCommand({ SecretId: this.SecretId }));
  }

  async value(VersionStage = "AWSCURRENT"): Promise<string | undefined> {
    const command = new GetSecretValueCommand({ SecretId: this.SecretId, VersionStage });
    return (await this.client.send(command)).SecretString;
  }

  /** Ids of the versions that carry a label. */
  async holders(label: string): Promise<string[]> {
    const { VersionIdsToStages = {} } = await this.describe();
    return Object.keys(VersionIdsToStages).filter((id) => VersionIdsToStages[id]!.includes(label));
  }
}

requires("moto_server")("the strict layer before moto", () => {
  const invoked: RotationEvent[] = [];
  const strict = new StrictSecretsManager({ invoke: async (event) => void invoked.push(event) });
  let moto: Moto;
  let stops: Array<() => unknown> = [];
  let strictClient: SecretsManagerClient;
  let laxClient: SecretsManagerClient;
  /** A secret of the strict layer, and one of moto itself. */
  let secret: Secret;
  let lax: Secret;

  beforeAll(async () => {
    moto = await startMoto();
    const connect = async (fills: StrictSecretsManager[]) => {
      const proxy = await startProxy(moto, fills, new Faults(), []);
      const client = new SecretsManagerClient({
        endpoint: `http://127.0.0.1:${proxy.port}`,
        region: "us-east-1",
        credentials: { accessKeyId: "test", secretAccessKey: "test" },
      });
      stops.push(() => client.destroy(), proxy.stop);
      return client;
    };
    strictClient = await connect([strict]);
    laxClient = await connect([]);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    stops = [];
    await moto?.stop();
  });
  beforeEach(async () => {
    [secret, lax] = await Promise.all([Secret.create(strictClient), Secret.create(laxClient)]);
  });

  /** Each ends with what moto does: when that is mended, its part of the layer can go. */
  describe("is as strict as AWS, where moto is not", () => {
    test("1: a token that is taken takes no other value", async () => {
      const ClientRequestToken = randomUUID();
      for (const one of [secret, lax]) await one.put("one", { ClientRequestToken, VersionStages: ["AWSPENDING"] });
      await secret.put("one", { ClientRequestToken, VersionStages: ["AWSPENDING"] });
      await expect(secret.put("two", { ClientRequestToken })).rejects.toEqual(refused("ResourceExistsException"));

      await lax.put("two", { ClientRequestToken, VersionStages: ["AWSPENDING"] });
      expect(await lax.value("AWSPENDING")).toBe("two");
    });

    test("2: one version is current, after labels were moved as well", async () => {
      const holders = async (one: Secret) => {
        const [first] = await one.holders("AWSCURRENT");
        const { VersionId: MoveToVersionId } = await one.put("two", { VersionStages: ["AWSPENDING"] });
        await one.move("AWSCURRENT", { MoveToVersionId, RemoveFromVersionId: first });
        await one.put("three");
        return (await one.holders("AWSCURRENT")).length;
      };
      expect(await holders(secret)).toBe(1);
      expect(await secret.value()).toBe("three");

      expect(await holders(lax)).toBe(2);
    });

    test("3: a label that cannot move stays", async () => {
      const move = async (one: Secret, error: string) => {
        const [RemoveFromVersionId] = await one.holders("AWSCURRENT");
        const moved = one.move("AWSCURRENT", { MoveToVersionId: randomUUID(), RemoveFromVersionId });
        await expect(moved).rejects.toEqual(refused(error));
        return one.holders("AWSCURRENT");
      };
      expect(await move(secret, "ResourceNotFoundException")).toHaveLength(1);

      expect(await move(lax, "InvalidParameterException")).toEqual([]);
    });

    test("4: there is no rotation without a function", async () => {
      await expect(secret.rotate()).rejects.toEqual(refused("InvalidRequestException"));
      expect(await secret.value()).toBe("first");

      await lax.rotate();
      await expect(lax.value()).rejects.toEqual(refused("ResourceNotFoundException"));
    });

    test("5: RotateSecret runs the four steps, and checks and keeps the schedule", async () => {
      // GIVEN
      invoked.length = 0;
      const rules = (ScheduleExpression: string) => ({ RotationLambdaARN, RotationRules: { ScheduleExpression } });
      await expect(secret.rotate(rules("sometimes"))).rejects.toEqual(refused("InvalidParameterException"));

      // WHEN
      const { VersionId: ClientRequestToken } = await secret.rotate(rules("rate(30 days)"));
      await strict.rotated();

      // THEN
      const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
      expect(invoked).toMatchObject(steps.map((Step) => ({ Step, ClientRequestToken })));
      expect(await secret.describe()).toMatchObject({
        RotationEnabled: true,
        RotationRules: { ScheduleExpression: "rate(30 days)" },
        NextRotationDate: expect.any(Date) as unknown,
      });

      await expect(lax.rotate(rules("sometimes"))).rejects.toEqual(refused("ResourceNotFoundException"));
      expect((await lax.describe()).RotationRules).not.toHaveProperty("ScheduleExpression");
    });

    test("6: RotateSecret is refused while another version is pending, and accepted when that is the current one", async () => {
      // GIVEN
      const pend = async (one: Secret) => {
        const { VersionId } = await one.put("two", { VersionStages: ["AWSPENDING"] });
        return VersionId!;
      };
      const [pending, laxPending] = [await pend(secret), await pend(lax)];

      // THEN
      await expect(secret.rotate({ RotationLambdaARN })).rejects.toEqual(refused("InvalidRequestException"));
      expect(await secret.holders("AWSPENDING")).toEqual([pending]);
      await lax.rotate();
      expect(await lax.holders("AWSPENDING")).not.toEqual([laxPending]);

      // WHEN
      const [first] = await secret.holders("AWSCURRENT");
      await secret.move("AWSCURRENT", { MoveToVersionId: pending, RemoveFromVersionId: first });
      expect(await secret.holders("AWSPENDING")).toEqual([pending]);
      const { VersionId } = await secret.rotate({ RotationLambdaARN });

      // THEN
      expect(await secret.holders("AWSPENDING")).toEqual([VersionId]);
      const other = await Secret.create(laxClient);
      const { VersionId: both } = await other.put("two", { VersionStages: ["AWSCURRENT", "AWSPENDING"] });
      expect(await other.holders("AWSPENDING")).toEqual([both]);
      await expect(other.rotate()).rejects.toEqual(refused("InvalidRequestException"));
    });

    test("7: versions without labels are gone, and values have a size", async () => {
      const ids = async (one: Secret) => {
        await one.put("two");
        await one.put("three");
        return Object.keys((await one.describe()).VersionIdsToStages!).length;
      };
      expect(await ids(secret)).toBe(2);
      await expect(secret.put("x".repeat(65_537))).rejects.toEqual(refused("InvalidParameterException"));

      expect(await ids(lax)).toBe(3);
      await lax.put("x".repeat(65_537));
    });
  });

  it("takes AWSPENDING off with the promotion where a test wants that, as the documentation says", async () => {
    // GIVEN
    const { VersionId: MoveToVersionId } = await secret.put("two", { VersionStages: ["AWSPENDING"] });
    const [RemoveFromVersionId] = await secret.holders("AWSCURRENT");
    strict.options.pendingAfterPromotion = "goes";

    // WHEN
    await secret.move("AWSCURRENT", { MoveToVersionId, RemoveFromVersionId });
    strict.options.pendingAfterPromotion = "stays";

    // THEN
    expect(await secret.holders("AWSPENDING")).toEqual([]);
  });
});
