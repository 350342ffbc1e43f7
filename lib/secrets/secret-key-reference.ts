/** One value of a secret's JSON object, by name: never the value itself. */
export class SecretKeyReference {
  constructor(
    /** ARN of the secret. */
    readonly secretArn: string,
    /** Key of the JSON object. */
    readonly key: string,
  ) {}

  /**
   * What `secrets[].valueFrom` of a container definition of Amazon ECS takes: `arn:…:key::`.
   *
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
   */
  get ecsValueFrom(): string {
    return `${this.secretArn}:${this.key}::`;
  }

  /** A dynamic reference for services that take one, such as AWS DMS and CloudFormation. */
  get dynamicReference(): string {
    return `{{resolve:secretsmanager:${this.secretArn}:SecretString:${this.key}}}`;
  }
}
