import { BrokerRefusal, type CatalogOffering, type CatalogPlan, type Parameters } from '../cloud/broker';

/** S3 Object Ownership: who owns objects that other accounts write, and whether ACLs are enabled. */
const OBJECT_OWNERSHIPS = ['ObjectWriter', 'BucketOwnerPreferred', 'BucketOwnerEnforced'] as const;
export type ObjectOwnership = (typeof OBJECT_OWNERSHIPS)[number];

const DRAFT = 'http://json-schema.org/draft-07/schema#';

const INSTANCE_SCHEMA = {
  $schema: DRAFT,
  type: 'object',
  properties: { object_ownership: { type: 'string', enum: OBJECT_OWNERSHIPS } },
  additionalProperties: false,
};

const BINDING_SCHEMA = {
  $schema: DRAFT,
  type: 'object',
  properties: { additional_instances: { type: 'array', items: { type: 'string' } } },
  additionalProperties: false,
};

const plan = (name: string, description: string, free: boolean): CatalogPlan => ({
  id: name,
  name,
  description,
  free,
  schemas: { create: INSTANCE_SCHEMA, update: INSTANCE_SCHEMA, bind: BINDING_SCHEMA },
});

/**
 * cloud.gov's offering, with the same plans, parameters, and limitations.
 *
 * @see https://docs.cloud.gov/platform/services/s3/
 */
export const S3_OFFERING: CatalogOffering = {
  id: 's3',
  name: 's3',
  description: 'Amazon S3 is storage for the internet.',
  tags: ['AWS', 'S3'],
  shareable: true,
  planUpdateable: false,
  instancesRetrievable: false,
  bindingsRetrievable: false,
  plans: [
    plan('basic', 'A single bucket, for private data.', false),
    plan('basic-public', 'A single bucket, whose objects everybody can read.', false),
    plan('basic-sandbox', 'A single bucket, for private data, that is deleted with the service.', true),
    plan('basic-public-sandbox', 'A single bucket that everybody can read and that is deleted with the service.', true),
  ],
};

export const isPublic = (planName: string): boolean => planName.startsWith('basic-public');

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

const requireKnown = (parameters: Parameters, known: string, what: string): unknown => {
  const unknown = Object.keys(parameters).filter((name) => name !== known);
  if (unknown.length > 0) {
    throw new BrokerRefusal(`unknown parameter ${quoted(unknown)}: ${what} takes only '${known}'`);
  }
  return parameters[known];
};

/** @returns `undefined` if the parameter is absent */
export const readOwnership = (parameters: Parameters): ObjectOwnership | undefined => {
  const value = requireKnown(parameters, 'object_ownership', 'a bucket');
  const known = OBJECT_OWNERSHIPS.find((ownership) => ownership === value);
  if (value !== undefined && known === undefined) {
    throw new BrokerRefusal(
      `object_ownership is ${JSON.stringify(value)}: it must be one of ${quoted(OBJECT_OWNERSHIPS)}`,
    );
  }
  return known;
};

/** Names of other instances whose buckets the credentials also give access to. */
export const readAdditionalInstances = (parameters: Parameters): readonly string[] => {
  const value = requireKnown(parameters, 'additional_instances', 'a binding') ?? [];
  if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
    throw new BrokerRefusal(
      `additional_instances is ${JSON.stringify(value)}: it must be a list of names of service instances`,
    );
  }
  return value;
};
