import { toOne, type Client, type Reply } from '../../testing/harness';

export interface CustomerOptions {
  readonly client: Client;
  /** The space for new instances. */
  readonly space: string;
  /** The default plan. */
  readonly plan: string;
  /** Names of the brokers whose plans are meant, where others have plans of the same names. @default - any */
  readonly brokers?: string;
}

/** Creates service instances and keys, and waits for them. */
export class Customer {
  public constructor(private readonly options: CustomerOptions) {}

  public planGuid(name: string): Promise<string> {
    const { client, brokers } = this.options;
    return client.find(
      `/v3/service_plans?names=${name}${brokers === undefined ? '' : `&service_broker_names=${brokers}`}`,
    );
  }

  public async order(name: string, plan = this.options.plan, more: object = {}, space?: string): Promise<Reply> {
    const relationships = { space: toOne(space ?? this.options.space), service_plan: toOne(await this.planGuid(plan)) };
    return this.options.client.post('/v3/service_instances', { type: 'managed', name, relationships, ...more });
  }

  public async make(name: string, plan?: string, more?: object): Promise<string> {
    const { client } = this.options;
    const job = await client.job(await this.order(name, plan, more));
    expect(job).toMatchObject({ operation: 'service_instance.create', state: 'COMPLETE', errors: [] });
    return client.find(`/v3/service_instances?names=${name}`);
  }

  public makeUserProvided(name: string, more: object = {}): Promise<string> {
    const relationships = { space: toOne(this.options.space) };
    return this.options.client.create('/v3/service_instances', { type: 'user-provided', name, relationships, ...more });
  }

  public orderKey(instance: string, name: string, more: object = {}): Promise<Reply> {
    const relationships = { service_instance: toOne(instance) };
    return this.options.client.post('/v3/service_credential_bindings', { type: 'key', name, relationships, ...more });
  }

  public async makeKey(instance: string, name: string, more?: object): Promise<string> {
    const { client } = this.options;
    const job = await client.job(await this.orderKey(instance, name, more));
    expect(job).toMatchObject({ operation: 'service_keys.create', state: 'COMPLETE', errors: [] });
    return client.find(`/v3/service_credential_bindings?names=${name}&service_instance_guids=${instance}`);
  }
}
