import { resources } from '../../src/api/resources';
import type { Row } from '../../src/cloud/records';
import { Tokens } from '../../src/cloud/tokens';
import { Fuzzer } from './fuzz';
import { OsbProgram, PASSWORD, USERNAME } from '../support/osb-program';
import {
  makeRoute,
  makeService,
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  type Foundation,
} from '../../testing/harness';

export interface Target {
  readonly foundation: Foundation;
  fuzzer(seed: number): Fuzzer;
  close(): Promise<void>;
}

/** A foundation with objects of most kinds. */
export const openTarget = async (): Promise<Target> => {
  const program = await OsbProgram.start();
  const foundation = await startFoundation({ router: program.port });
  const { deployer, service } = foundation;
  const { cloud, credentials } = service;
  const space = await makeSpace(deployer, 'space');
  const app = await pushImage(deployer, space, 'web');
  await deployer.create('/v3/packages', {
    type: 'docker',
    relationships: { app: toOne(app) },
    data: { image: 'image' },
  });
  const relationships = { space: toOne(space) };
  const code = await deployer.create('/v3/apps', { name: 'code', relationships });
  await deployer.create('/v3/packages', { type: 'bits', relationships: { app: toOne(code) } });
  await makeService(deployer, space, 'creds');
  const guard = await makeService(deployer, space, 'guard', { route_service_url: 'https://example.org' });
  const route = await makeRoute(deployer, space, 'web');
  await deployer.create('/v3/service_route_bindings', {
    relationships: { service_instance: toOne(guard), route: toOne(route) },
  });
  const plan = await deployer.find('/v3/service_plans?names=basic');
  const shape = { type: 'managed', name: 'bucket', relationships: { ...relationships, service_plan: toOne(plan) } };
  await deployer.job(await deployer.post('/v3/service_instances', shape));
  const bucket = await deployer.find('/v3/service_instances?names=bucket');
  const key = { type: 'key', name: 'key', relationships: { service_instance: toOne(bucket) } };
  await deployer.job(await deployer.post('/v3/service_credential_bindings', key));
  const broker = {
    name: 'own',
    url: 'http://broker.apps.localhost',
    authentication: { type: 'basic', credentials: { username: USERNAME, password: PASSWORD } },
    relationships,
  };
  await deployer.job(await deployer.post('/v3/service_brokers', broker));
  await deployer.post(`/v3/apps/${app}/tasks`, { command: 'true' });
  const tokens = new Tokens(cloud.state, `${cloud.api}/uaa/oauth/token`);
  const bearer = (name: string): string[] =>
    cloud.state.credentials
      .where((row) => row.name === name)
      .map((row) => `bearer ${tokens.issue(row, 'cf').access_token}`);
  const { state } = cloud;
  const guidsOf = (rows: Iterable<Row>): string[] => [...rows].map(({ guid }) => guid);
  const guids = {
    organizations: guidsOf(state.organizations),
    spaces: guidsOf(state.spaces),
    apps: guidsOf(state.apps),
    processes: guidsOf(state.processes),
    packages: guidsOf(state.packages),
    builds: guidsOf(state.builds),
    droplets: guidsOf(state.droplets),
    revisions: guidsOf(state.revisions),
    tasks: guidsOf(state.tasks),
    domains: guidsOf(state.domains),
    routes: guidsOf(state.routes),
    security_groups: guidsOf(state.securityGroups),
    service_instances: guidsOf(state.serviceInstances),
    service_brokers: guidsOf(state.serviceBrokers),
    service_credential_bindings: guidsOf(state.serviceBindings),
    service_route_bindings: guidsOf(state.routeBindings),
    shared_spaces: guidsOf(state.spaces),
    visibility: guidsOf(state.organizations),
    service_plans: guidsOf(state.servicePlans),
    service_offerings: guidsOf(state.serviceOfferings),
    users: guidsOf(state.users),
    roles: guidsOf(state.roles),
    jobs: guidsOf(state.jobs),
  };
  const [admin = ''] = bearer(credentials.admin.username);
  const [user = ''] = bearer(credentials.deployer.username);
  return {
    foundation,
    close: async () => {
      await foundation.close();
      await program.close();
    },
    fuzzer: (seed) =>
      new Fuzzer(
        resources(cloud, tokens),
        {
          guids,
          // Valid tokens more often than invalid ones.
          tokens: [
            ...Array<string>(14).fill(admin),
            ...Array<string>(9).fill(user),
            '',
            'bearer',
            'bearer x.y.z',
            `${user}x`,
            'Basic Y2Y6',
            'basic %',
            'basic JQ==',
          ],
        },
        seed,
      ),
  };
};
