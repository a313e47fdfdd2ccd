import type { CatalogOffering, CatalogPlan } from '../cloud/broker';

/** S3 Object Ownership: who owns objects that other accounts write, and whether ACLs are enabled. */
export const OBJECT_OWNERSHIPS = ['ObjectWriter', 'BucketOwnerPreferred', 'BucketOwnerEnforced'] as const;
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
