import type { Acknowledgements } from "../core/acknowledge";
import type { RotationSettings } from "../rotator/settings";

/** @internal */
export type AcknowledgedRotation = "PlaintextWithoutReason" | "OutageNotAccepted" | "RotationNotDurable";

/** The server, and the administrator who may change its users. */
export interface RotatedServerOptions {
  /** Host name or address that the rotation function connects to. */
  readonly host: string;

  /**
   * TCP port.
   * @default - the default of the server: 5432, 6379
   */
  readonly port?: number;

  /**
   * A secret with the keys `username` and `password`, of an administrator who may change the user's password. The ARN
   * of a secret in AWS Secrets Manager, or `projects/<project>/secrets/<name>` in Google Secret Manager.
   */
  readonly adminSecret: string;

  /**
   * ARN of the KMS key that encrypts the administrator's secret, if it is your own: the rotation function may then
   * decrypt with it. AWS only.
   * @default - the key of Secrets Manager (`aws/secretsmanager`)
   */
  readonly adminKmsKeyArn?: string;

  /**
   * PEM certificate of the authority that signed the server's certificate.
   * @default - the authorities that Node.js trusts; in AWS Lambda also those of Amazon, which sign for RDS and Aurora
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
   */
  readonly certificateAuthority?: string;

  /**
   * Why the connection needs no TLS (`PlaintextWithoutReason`).
   * @default - TLS is required, and the server's certificate is verified
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason">;
}

/** A PostgreSQL user. */
export interface PostgresUserOptions extends RotatedServerOptions {
  /** Database of the user. */
  readonly database: string;

  /** The user, which is a role that can log in. The first rotation creates it if it is missing. */
  readonly username: string;
}

/** Two PostgreSQL users that take turns. */
export interface PostgresAlternatingUsersOptions extends PostgresUserOptions {
  /**
   * Role without login that both users act as, and which owns what they create.
   * @default - the user's name with `_owner`
   */
  readonly ownerRole?: string;
}

/** A PostgreSQL user that briefly cannot log in during a rotation. */
export interface PostgresSingleUserOptions extends PostgresUserOptions {
  /**
   * Why new sessions may be refused while a rotation runs, for seconds in AWS Lambda (`OutageNotAccepted`), and, if
   * applicable, why the connection needs no TLS (`PlaintextWithoutReason`).
   */
  readonly acknowledge: Readonly<Record<"OutageNotAccepted", string>> & Acknowledgements<"PlaintextWithoutReason">;
}

/** A Redis user. */
export interface RedisAclOptions extends RotatedServerOptions {
  /** The user. */
  readonly username: string;

  /**
   * Permissions of the user if the first rotation has to create it, as in `ACL SETUSER`.
   * @default - a missing user is an error
   */
  readonly rules?: readonly string[];

  /**
   * Why the connection needs no TLS (`PlaintextWithoutReason`), and why a restart of the server may forget the new
   * password (`RotationNotDurable`).
   * @default - TLS is required, and the server must store the password in its aclfile or its configuration file
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason" | "RotationNotDurable">;
}

/** A value that no server needs to know. */
export interface RandomValueOptions {
  /**
   * Encoding of the bytes. `influxToken` is the format of InfluxDB 2: base64 for URLs, with padding.
   * @default "base64url"
   */
  readonly shape?: "hex" | "base64url" | "influxToken";

  /**
   * Number of random bytes, 16 to 1024.
   * @default 32
   */
  readonly bytes?: number;

  /**
   * Prefix of the value, such as `sk_live_`.
   * @default - none
   */
  readonly prefix?: string;

  /**
   * Key of the value in the secret's JSON object.
   * @default "value"
   */
  readonly key?: string;
}

/** How a new value is created and put into use. */
export class RotationStrategy {
  /** Two users take turns, so that the current secret can always log in. Recommended for services. */
  static postgresAlternatingUsers(options: PostgresAlternatingUsersOptions): RotationStrategy {
    return new RotationStrategy(
      {
        strategy: "postgresAlternatingUsers",
        ...server(options, 5432),
        database: options.database,
        ownerRole: options.ownerRole ?? `${options.username}_owner`,
      },
      options,
    );
  }

  /** One user: between the new password and the last step, new sessions with the current secret are refused. */
  static postgresSingleUser(options: PostgresSingleUserOptions): RotationStrategy {
    return new RotationStrategy(
      { strategy: "postgresSingleUser", ...server(options, 5432), database: options.database },
      options,
    );
  }

  /** A Redis user with the new and the previous password at the same time: no login is refused. Not for ElastiCache. */
  static redisAcl(options: RedisAclOptions): RotationStrategy {
    const { rules, acknowledge } = options;
    const notDurable = acknowledge?.RotationNotDurable;
    return new RotationStrategy(
      { strategy: "redisAcl", ...server(options, 6379), rules: rules && [...rules], notDurable },
      options,
    );
  }

  /**
   * A random value, such as an API key or a signing key. Whoever verifies it must accept the current and the previous
   * one.
   */
  static randomValue({ shape = "base64url", bytes = 32, prefix = "", key = "value" }: RandomValueOptions = {}) {
    return new RotationStrategy({ strategy: "randomValue", shape, bytes, prefix, key });
  }

  /**
   * Your own function, which implements the four steps of Secrets Manager.
   *
   * @param functionArn ARN of an AWS Lambda function that Secrets Manager may invoke
   * @param keys keys in the JSON object that it writes
   */
  static custom(functionArn: string, keys: readonly string[]): RotationStrategy {
    return new RotationStrategy({ strategy: "custom", functionArn, keys });
  }

  /** @internal */
  readonly adminSecret?: string;

  /** @internal */
  readonly adminKmsKeyArn?: string;

  /** @internal */
  readonly acknowledge?: Acknowledgements<AcknowledgedRotation>;

  private constructor(
    /** @internal */
    readonly settings: RotationSettings | CustomRotation,
    {
      adminSecret,
      adminKmsKeyArn,
      acknowledge,
    }: Partial<Pick<RotatedServerOptions, "adminSecret" | "adminKmsKeyArn">> & {
      readonly acknowledge?: Acknowledgements<AcknowledgedRotation>;
    } = {},
  ) {
    this.adminSecret = adminSecret;
    this.adminKmsKeyArn = adminKmsKeyArn;
    this.acknowledge = acknowledge;
  }
}

/** A rotation by a function other than Sterna's. */
export interface CustomRotation {
  readonly strategy: "custom";
  readonly functionArn: string;
  readonly keys: readonly string[];
}

function server(options: RotatedServerOptions & { readonly username: string }, defaultPort: number) {
  const { host, port = defaultPort, username, adminSecret, acknowledge, certificateAuthority } = options;
  const waived = acknowledge?.PlaintextWithoutReason;
  const tls = waived === undefined ? { certificateAuthority } : { waived };
  return { host, port, username, adminSecret, tls };
}
