import type { Acknowledgements } from "../core/acknowledge";
import type { RotationSettings } from "../rotator/settings";

/** @internal */
export type AcknowledgedRotation = "PlaintextWithoutReason" | "OutageNotAccepted" | "RotationNotDurable";

/** Where a server is, and who may change its users. */
export interface RotatedServerOptions {
  /** Host name or address, as the rotation function reaches it. */
  readonly host: string;

  /**
   * TCP port.
   * @default - that of the server's kind: 5432, 6379
   */
  readonly port?: number;

  /**
   * A secret with the keys `username` and `password`: whoever may change the user's password. The ARN of one of AWS
   * Secrets Manager, or `projects/<project>/secrets/<name>` of one of Google Secret Manager.
   */
  readonly adminSecret: string;

  /**
   * ARN of the KMS key that encrypts the administrator's secret, where it is one of your own: the rotation function may
   * then decrypt with it. For AWS.
   * @default - the key that Secrets Manager has (`aws/secretsmanager`)
   */
  readonly adminKmsKeyArn?: string;

  /**
   * PEM certificate of the authority that signed the server's.
   * @default - the authorities that Node.js knows; in AWS Lambda Amazon's as well, which sign for RDS and Aurora
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
   */
  readonly certificateAuthority?: string;

  /**
   * Why the connection needs no TLS (`PlaintextWithoutReason`).
   * @default - TLS is required, and the server's certificate is checked
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason">;
}

/** A user of PostgreSQL. */
export interface PostgresUserOptions extends RotatedServerOptions {
  /** Database in which the user works. */
  readonly database: string;

  /** The user, which is a role that can log in. Made by the first rotation when it is missing. */
  readonly username: string;
}

/** Two users of PostgreSQL that take turns. */
export interface PostgresAlternatingUsersOptions extends PostgresUserOptions {
  /**
   * Role that cannot log in, which both users act as, and which owns what they make.
   * @default - the user's name and `_owner`
   */
  readonly ownerRole?: string;
}

/** A user of PostgreSQL that goes without login for a moment. */
export interface PostgresSingleUserOptions extends PostgresUserOptions {
  /**
   * Why it is fine that new sessions are refused while a rotation runs, seconds in AWS Lambda (`OutageNotAccepted`); and,
   * where it is so, why the connection needs no TLS (`PlaintextWithoutReason`).
   */
  readonly acknowledge: Readonly<Record<"OutageNotAccepted", string>> & Acknowledgements<"PlaintextWithoutReason">;
}

/** A user of Redis. */
export interface RedisAclOptions extends RotatedServerOptions {
  /** The user. */
  readonly username: string;

  /**
   * What the user may do when the first rotation has to make it, as in `ACL SETUSER`.
   * @default - a missing user is an error
   */
  readonly rules?: readonly string[];

  /**
   * Why the connection needs no TLS (`PlaintextWithoutReason`), and why it is fine that a restart of the server forgets
   * the new password (`RotationNotDurable`).
   * @default - TLS is required, and the server must keep the password in its aclfile or its configuration file
   */
  readonly acknowledge?: Acknowledgements<"PlaintextWithoutReason" | "RotationNotDurable">;
}

/** A value that no server has to be told. */
export interface RandomValueOptions {
  /**
   * How the bytes are written; `influxToken` is what InfluxDB 2 makes: base64 for URLs, with padding.
   * @default "base64url"
   */
  readonly shape?: "hex" | "base64url" | "influxToken";

  /**
   * Random bytes, 16 to 1024.
   * @default 32
   */
  readonly bytes?: number;

  /**
   * What stands before them, such as `sk_live_`.
   * @default - nothing
   */
  readonly prefix?: string;

  /**
   * Key of the value in the secret's JSON object.
   * @default "value"
   */
  readonly key?: string;
}

/** How a new value comes about, and where it is made known. */
export class RotationStrategy {
  /** Two users take turns, so that the current secret logs in at every moment. What a service wants. */
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

  /** A user of Redis has the new and the previous password at a time: no login is refused. Not for ElastiCache. */
  static redisAcl(options: RedisAclOptions): RotationStrategy {
    const { rules, acknowledge } = options;
    const notDurable = acknowledge?.RotationNotDurable;
    return new RotationStrategy(
      { strategy: "redisAcl", ...server(options, 6379), rules: rules && [...rules], notDurable },
      options,
    );
  }

  /** A random value: an API key, a key that signs tokens. Who checks it accepts the current and the previous one. */
  static randomValue({ shape = "base64url", bytes = 32, prefix = "", key = "value" }: RandomValueOptions = {}) {
    return new RotationStrategy({ strategy: "randomValue", shape, bytes, prefix, key });
  }

  /**
   * A function of yours, which does the four steps of Secrets Manager.
   *
   * @param functionArn ARN of a function of AWS Lambda that Secrets Manager may invoke
   * @param keys keys of the JSON object that it writes
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

/** A rotation by a function that is not Sterna's. */
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
