import type { Cloud } from '../cloud/cloud';
import { createJob, type OperationName, type Work } from '../cloud/jobs';
import type { Job, Kind } from '../cloud/records';
import { accepted, get, ok, type Answer, type Call, type Endpoint } from './endpoint';
import { links, presentRow } from './present';
import { found } from './lookup';

/** Kinds of objects that a job can be about, with their names in a link. */
const SUBJECTS: Readonly<Partial<Record<Kind, readonly [link: string, collection: string]>>> = {
  apps: ['app', 'apps'],
  spaces: ['space', 'spaces'],
  organizations: ['organization', 'organizations'],
  domains: ['domain', 'domains'],
  routes: ['route', 'routes'],
  roles: ['role', 'roles'],
  users: ['user', 'users'],
  securityGroups: ['security_group', 'security_groups'],
  packages: ['package', 'packages'],
  serviceBrokers: ['service_brokers', 'service_brokers'],
  serviceInstances: ['service_instances', 'service_instances'],
  serviceBindings: ['service_credential_binding', 'service_credential_bindings'],
};

const presentJob = (job: Job, { base }: Pick<Call, 'base'>) => {
  const [link, collection] = SUBJECTS[job.subject.kind as Kind] ?? [];
  const gone = job.operation.endsWith('.delete') && job.state === 'COMPLETE';
  return {
    ...presentRow(job),
    operation: job.operation,
    state: job.state,
    errors: job.errors,
    warnings: (job.warnings ?? []).map((detail) => ({ detail })),
    links: links(base, {
      self: `/v3/jobs/${job.guid}`,
      ...(link === undefined || collection === undefined || gone
        ? {}
        : { [link]: `/v3/${collection}/${job.subject.guid}` }),
    }),
  };
};

/** Stores a job for the work, and tells the client to poll it. */
export const acceptJob = (cloud: Cloud, call: Call, operation: OperationName, work: Work): Answer =>
  accepted(
    call,
    cloud.enqueue((state) => createJob(state, operation, work, call.access)),
  );

/** As on the platform, everyone who knows a job's GUID may read it. */
export const jobs = ({ state }: Cloud): readonly Endpoint[] => [
  get('/v3/jobs/:guid', 'job:read', (call) => {
    const job = found(state.jobs.get(call.params['guid']), 'Job');
    return ok(presentJob(job, call));
  }),
];
