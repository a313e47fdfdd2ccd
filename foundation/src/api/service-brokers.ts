import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { createJob } from '../cloud/jobs';
import type { ServiceBroker } from '../cloud/records';
import {
  beginBrokerRemoval,
  createBroker,
  isBrokerReadable,
  requireBroker,
  updateBroker,
} from '../cloud/service-brokers';
import { one, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { accepted, del, guidOf, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { endpointsOf } from './resource';

const presentBroker = (broker: ServiceBroker, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(broker),
  name: broker.name,
  // The built-in broker isn't called over the network and has no address.
  url: broker.address?.url ?? base,
  relationships: broker.spaceGuid === undefined ? {} : { space: toOne(broker.spaceGuid) },
  metadata: broker.metadata,
  links: links(base, {
    self: `/v3/service_brokers/${broker.guid}`,
    service_offerings: `/v3/service_offerings?service_broker_guids=${broker.guid}`,
    ...(broker.spaceGuid === undefined ? {} : { space: `/v3/spaces/${broker.spaceGuid}` }),
  }),
});

const parsed = (text: string): URL | undefined => {
  const url = URL.parse(text);
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
};

const name = z.string().min(1, 'must not be empty string').max(255, 'is too long (maximum is 255 characters)');
const url = z
  .string()
  .max(2048, 'is too long (maximum is 2048 characters)')
  .refine((text) => parsed(text) !== undefined, 'Url must be a valid url')
  .refine((text) => {
    const { username = '', password = '' } = parsed(text) ?? {};
    return username === '' && password === '';
  }, 'Url must not contain authentication');
const credential = z.string().max(4096, 'is too long (maximum is 4096 characters)');
const authentication = z.strictObject({
  type: z.literal('basic'),
  // In basic authentication, a colon ends the user name.
  credentials: z.strictObject({ username: credential.regex(/^[^:]*$/, "can't contain a colon"), password: credential }),
});

const createSchema = z
  .strictObject({ name, url, authentication, relationships: z.strictObject({ space: one }).optional(), metadata })
  .transform(({ authentication: { credentials }, relationships, ...body }) => ({
    ...body,
    ...credentials,
    spaceGuid: relationships?.space.data.guid,
  }));
const updateSchema = z
  .strictObject({ name: name.optional(), url: url.optional(), authentication: authentication.optional(), metadata })
  .transform(({ authentication: given, ...body }) => ({ ...body, ...given?.credentials }));

const GLOBAL = 'for a space-scoped broker; a global one needs an admin';

/** Tenants see only space-scoped brokers, and only in spaces where they could register one. */
export const serviceBrokers = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const broker = endpointsOf<ServiceBroker>(
    cloud,
    {
      path: '/v3/service_brokers',
      needs: 'broker:read',
      rows: ({ access }) => state.serviceBrokers.where((row) => isBrokerReadable(access, row)),
      filters: { names: 'name', space_guids: 'spaceGuid' },
      order: ['name'],
      present: presentBroker,
    },
    (call) => requireBroker(state, call.access, guidOf(call)),
  );
  return [
    broker.list,
    broker.read({ note: GLOBAL }),
    post(
      '/v3/service_brokers',
      'broker:write',
      (call) => {
        const command = parseBody(createSchema, call.text);
        const job = cloud.enqueue((after) => {
          const { guid } = createBroker(after, call.access, command);
          return createJob(after, 'service_broker.catalog.synchronize', { guid }, call.access);
        });
        return accepted(call, job);
      },
      { note: GLOBAL },
    ),
    patch(
      '/v3/service_brokers/:guid',
      'broker:write',
      (call) => {
        const command = parseBody(updateSchema, call.text);
        const { changed, job } = cloud.transact((after) => {
          const outcome = updateBroker(after, call.access, guidOf(call), command);
          return 'createdAt' in outcome
            ? { changed: outcome }
            : { job: createJob(after, 'service_broker.update', outcome, call.access) };
        });
        if (job) {
          cloud.jobs.run(job);
          return accepted(call, job);
        }
        return ok(presentBroker(changed, call));
      },
      { note: GLOBAL },
    ),
    del(
      '/v3/service_brokers/:guid',
      'broker:write',
      (call) => {
        const guid = guidOf(call);
        const job = cloud.enqueue((after) => {
          beginBrokerRemoval(after, call.access, guid);
          return createJob(after, 'service_broker.delete', { guid });
        });
        return accepted(call, job);
      },
      { note: GLOBAL },
    ),
  ];
};
