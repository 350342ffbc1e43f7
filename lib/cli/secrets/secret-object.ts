import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { ifFound, type SecretsManagerSdk, withSecretsManager } from "../../clouds/aws-secrets-manager";
import { SternaError } from "../../core/errors";
import { parseJson } from "../../core/text";

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html (Secret value) */
const LARGEST_VALUE = 65_536;

/** Texts by key: the form of a secret with several values. */
export type SecretValues = Readonly<Record<string, string>>;

export interface FoundSecret {
  readonly arn: string;
  readonly values: SecretValues;
}

/** A secret in AWS Secrets Manager that contains a JSON object of texts. */
export class SecretObject {
  private constructor(
    private readonly sdk: SecretsManagerSdk,
    private readonly client: SecretsManagerClient,
    readonly id: string,
  ) {}

  /** Runs work with a secret, and closes its client. Credentials, region and endpoint come from `variables`. */
  static use<Result>(
    id: string,
    region: string | undefined,
    variables: NodeJS.ProcessEnv,
    work: (secret: SecretObject) => Promise<Result>,
  ): Promise<Result> {
    return withSecretsManager({ id, region, variables }, ({ sdk, client }) => work(new SecretObject(sdk, client, id)));
  }

  /**
   * The secret, or undefined if there is none.
   *
   * @throws SternaError `SecretRotates`, `SecretNotAnObject`, `SecretsManagerRefused`
   */
  read(): Promise<FoundSecret | undefined> {
    return this.asking(() => this.find());
  }

  /**
   * Replaces all values, and reads them back.
   *
   * @throws SternaError `SecretTooLarge`, and `SecretsManagerRefused` if another process wrote in between
   */
  write(found: FoundSecret | undefined, values: SecretValues): Promise<FoundSecret> {
    return this.asking(() => this.put(found, values));
  }

  /** @throws SternaError `SecretTooLarge` */
  serialize(values: SecretValues): string {
    const text = JSON.stringify(values);
    const bytes = Buffer.byteLength(text);
    if (bytes <= LARGEST_VALUE) return text;
    throw new SternaError(
      "SecretTooLarge",
      `secret "${this.id}" would hold ${bytes} bytes, and ${LARGEST_VALUE} is the most; import into several secrets, with --only`,
    );
  }

  private async find(): Promise<FoundSecret | undefined> {
    const { DescribeSecretCommand } = this.sdk;
    const described = await ifFound(this.client.send(new DescribeSecretCommand({ SecretId: this.id })));
    if (described === undefined) return undefined;
    if (described.RotationEnabled) {
      throw new SternaError(
        "SecretRotates",
        `secret "${this.id}" rotates, and its rotation makes the values: name another secret, and refer to the keys that the rotation writes`,
      );
    }
    return { arn: described.ARN as string, values: await this.values() };
  }

  private async put(found: FoundSecret | undefined, values: SecretValues): Promise<FoundSecret> {
    const { CreateSecretCommand, PutSecretValueCommand } = this.sdk;
    const SecretString = this.serialize(values);
    const written =
      found === undefined
        ? await this.client.send(new CreateSecretCommand({ Name: this.id, SecretString }))
        : await this.client.send(new PutSecretValueCommand({ SecretId: this.id, SecretString }));
    const read = await this.values();
    if (Object.entries(values).some(([key, value]) => read[key] !== value)) {
      throw new SternaError(
        "SecretsManagerRefused",
        `secret "${this.id}" does not hold what was written; run it again`,
      );
    }
    return { arn: written.ARN as string, values: read };
  }

  /** Reports why a request to Secrets Manager failed. */
  private async asking<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof SternaError) throw cause;
      const { name, message } = cause as Error;
      throw new SternaError(
        "SecretsManagerRefused",
        `secret "${this.id}": ${name}: ${message}. Check the name, the region and the credentials; they need secretsmanager:DescribeSecret, GetSecretValue, PutSecretValue and CreateSecret.`,
        { cause },
      );
    }
  }

  private async values(): Promise<SecretValues> {
    const { GetSecretValueCommand } = this.sdk;
    const command = new GetSecretValueCommand({ SecretId: this.id, VersionStage: "AWSCURRENT" });
    const current = await ifFound(this.client.send(command));
    // A secret that was declared but never set.
    if (current === undefined) return {};
    const parsed = z.record(z.string(), z.string()).safeParse(parseJson(current.SecretString));
    if (parsed.success) return parsed.data;
    throw new SternaError(
      "SecretNotAnObject",
      `secret "${this.id}" holds no JSON object of texts, such as {"DATABASE_URL": "…"}; name another secret`,
    );
  }
}
