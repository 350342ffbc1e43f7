/** How a client of the AWS SDK reaches AWS. */
export interface AwsSettings {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * What the SDK would find itself in the environment of its process, from another environment: the one that Terraform's
 * AWS provider is started with. What is not said there is left to the SDK.
 *
 * @param service as in `AWS_ENDPOINT_URL_<SERVICE>`, such as `S3`
 */
export function awsSettings(variables: NodeJS.ProcessEnv, service: string): AwsSettings {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = variables;
  const region = variables["AWS_REGION"] || variables["AWS_DEFAULT_REGION"];
  const endpoint = awsEndpoint(variables, service);
  const keys = AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY;
  return {
    ...(region && { region }),
    ...(endpoint && { endpoint }),
    ...(keys && {
      credentials: {
        accessKeyId: AWS_ACCESS_KEY_ID,
        secretAccessKey: AWS_SECRET_ACCESS_KEY,
        ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
      },
    }),
    ...(!keys && AWS_PROFILE && { profile: AWS_PROFILE }),
  };
}

/** The address that a service is asked at, where the environment names one. */
export function awsEndpoint(variables: NodeJS.ProcessEnv, service: string): string | undefined {
  return variables[`AWS_ENDPOINT_URL_${service}`] ?? variables["AWS_ENDPOINT_URL"];
}

/** The region that an ARN of a secret names; nothing for a name. */
export function regionInArn(id: string): string | undefined {
  return /^arn:[^:]+:secretsmanager:([^:]+):/.exec(id)?.[1];
}
