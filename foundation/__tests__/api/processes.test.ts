import {
  eventually,
  foundationForAll,
  makeRoute,
  pushImage,
  stageBits,
  toOne,
  type Json,
  refusal,
} from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });

test('during a deployment, both web processes are listed: the serving one and the newer one', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'web', '  instances: 2\n');
  const before = await deployer.find(`/v3/apps/${app}/processes`);
  const strategy = 'canary';
  const deployment = await deployer.create('/v3/deployments', { strategy, relationships: { app: toOne(app) } });
  await eventually(async () => {
    const { body } = await deployer.get(`/v3/deployments/${deployment}`);
    return (body['status'] as Json)['reason'] === 'PAUSED' || undefined;
  });
  const { body } = await deployer.get(`/v3/apps/${app}/processes`);
  expect(body['resources']).toMatchObject([
    { type: 'web', instances: 2, guid: before },
    { type: 'web', instances: 1 },
  ]);
  const [, fresh] = body['resources'] as Json[];
  expect((await deployer.get(`/v3/apps/${app}/processes/web`)).body['guid']).toBe(fresh?.['guid']);
});

test('a number written as a string is accepted, and anything else is refused', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'scaled');
  const scale = (body: object) => deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, body);
  expect((await scale({ instances: '2', memory_in_mb: '128' })).body).toMatchObject({
    instances: 2,
    memory_in_mb: 128,
  });
  expect((await scale({ instances: 'two' })).status).toBe(422);
  expect((await scale({ instances: '-1' })).status).toBe(422);
});

test("a buildpack application opens a destination's port at its next start", async () => {
  const { deployer, cell, space } = foundation;
  const app = await deployer.create('/v3/apps', { name: 'ports', relationships: { space: toOne(space) } });
  const route = await makeRoute(deployer, space, 'ports');
  const destination = { app: { guid: app, process: { type: 'web', instances: 1 }, name: 'ports' }, port: 9090 };
  const mapped = await deployer.post(`/v3/routes/${route}/destinations`, { destinations: [destination] });
  expect(mapped.body['destinations']).toMatchObject([{ port: 9090, protocol: 'http1' }]);
  const { guid: droplet } = await stageBits(deployer, app);
  await deployer.patch(`/v3/apps/${app}/relationships/current_droplet`, toOne(String(droplet)));
  await deployer.post(`/v3/apps/${app}/actions/start`);
  const started = await eventually(() => [...cell.running.values()].find(({ appGuid }) => appGuid === app));
  expect(started.ports).toEqual([8080, 9090]);
});

describe('sidecars', () => {
  const foundation = foundationForAll({ space: 'space' });

  const AGENT = '{name: agent, command: run-agent, process_types: [web], memory: 256M}';

  const names = async (path: string): Promise<unknown[]> =>
    (await foundation.deployer.list(path)).map(({ name }) => name);

  const specs = (app: string) => [...foundation.cell.running.values()].filter(({ appGuid }) => appGuid === app);

  const apply = async (name: string, sidecar: string): Promise<Json> => {
    const { deployer, space } = foundation;
    const manifest = `applications:\n- name: ${name}\n  docker: {image: image}\n  sidecars: [${sidecar}]\n`;
    return deployer.job(await deployer.applyManifest(space, manifest));
  };

  test('a sidecar is listed by application and by the processes that it runs beside', async () => {
    const { deployer, space } = foundation;
    const app = await pushImage(deployer, space, 'life', `  sidecars: [${AGENT}]\n`);
    expect((await deployer.get(`/v3/apps/${app}/sidecars`)).body['resources']).toMatchObject([
      { name: 'agent', command: 'run-agent', process_types: ['web'], memory_in_mb: 256, origin: 'user' },
    ]);
    const process = await deployer.find(`/v3/processes?app_guids=${app}`);
    expect(await names(`/v3/processes/${process}/sidecars`)).toEqual(['agent']);
    await apply('life', '{name: agent, command: other, process_types: [worker]}');
    expect(await names(`/v3/processes/${process}/sidecars`)).toEqual([]);
  });

  test('a sidecar runs from the next start, and the process gets the memory that is left', async () => {
    const { deployer, space } = foundation;
    const app = await pushImage(deployer, space, 'start');
    await apply('start', AGENT);
    expect(specs(app).map(({ sidecars }) => sidecars)).toEqual([undefined]);
    await deployer.post(`/v3/apps/${app}/actions/restart`);
    const [spec] = await eventually(() => {
      const running = specs(app).filter(({ sidecars }) => sidecars !== undefined);
      return running.length > 0 ? running : undefined;
    });
    expect(spec?.sidecars).toEqual([{ name: 'agent', command: 'run-agent', memory: 256 }]);
    expect(spec?.env['MEMORY_LIMIT']).toBe('768m');
    const { resources } = (await deployer.get(`/v3/apps/${app}/revisions/deployed`)).body as { resources: Json[] };
    expect(resources).toMatchObject([{ description: 'Sidecars updated.', sidecars: [{ name: 'agent' }] }]);
  });

  test('a sidecar that leaves the process no memory is refused, and so is a process too small for its sidecars', async () => {
    const { deployer, space } = foundation;
    const app = await pushImage(deployer, space, 'small', `  sidecars: [${AGENT}]\n`);
    expect(
      (await apply('small', '{name: fat, command: run, process_types: [web], memory: 1023M}'))['errors'],
    ).toMatchObject([
      {
        detail:
          'For application \'small\': The memory allocation defined is too large to run with the dependent "web" process',
      },
    ]);
    expect(await names(`/v3/apps/${app}/sidecars`)).toEqual(['agent']);
    expect(refusal(await deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, { memory_in_mb: 256 }))).toEqual([
      422,
      'The requested memory allocation is not large enough to run all of your sidecar processes',
    ]);
  });

  test('a manifest creates and updates sidecars by name, and shows them', async () => {
    const { deployer } = foundation;
    await apply('described', '{name: agent, command: first, process_types: [web], memory: 64M}');
    await apply('described', '{name: other, command: beside, process_types: [web, worker]}');
    await apply('described', '{name: agent, command: second, process_types: [web], memory: 64M}');
    const app = await deployer.find('/v3/apps?names=described');
    const shown = (await deployer.get(`/v3/apps/${app}/manifest`)).text;
    expect(shown.slice(shown.indexOf('  sidecars:'))).toBe(`  sidecars:
      - name: agent
        process_types:
          - web
        command: second
        memory: 64M
      - name: other
        process_types:
          - web
          - worker
        command: beside
`);
  });
});
