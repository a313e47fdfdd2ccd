/** Sidecars: through the API, through a manifest, and when the application starts. */
import { eventually, foundationForAll, pushImage, type Json } from '../../testing/harness';

const foundation = foundationForAll({ space: 'space' });

const AGENT = { name: 'agent', command: 'run-agent', process_types: ['web'], memory_in_mb: 256 };

const names = async (path: string): Promise<unknown[]> =>
  ((await foundation.deployer.get(path)).body['resources'] as Json[]).map(({ name }) => name);

const detailOf = ({ body }: { body: Json }): unknown => ((body['errors'] ?? []) as Json[])[0]?.['detail'];

const specs = (app: string) => [...foundation.cell.running.values()].filter(({ appGuid }) => appGuid === app);

test('a sidecar is created, read, listed by application and process, updated, and deleted', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'life');
  const { status, body } = await deployer.post(`/v3/apps/${app}/sidecars`, AGENT);
  expect([status, body]).toEqual([
    201,
    expect.objectContaining({ ...AGENT, origin: 'user', relationships: { app: { data: { guid: app } } } }),
  ]);
  const path = `/v3/sidecars/${String(body['guid'])}`;
  expect((await deployer.get(path)).body).toEqual(body);
  const process = await deployer.find(`/v3/processes?app_guids=${app}`);
  expect(await names(`/v3/apps/${app}/sidecars`)).toEqual(['agent']);
  expect(await names(`/v3/processes/${process}/sidecars`)).toEqual(['agent']);
  const changed = await deployer.patch(path, { command: 'other', process_types: ['worker'] });
  expect(changed.body).toMatchObject({ ...AGENT, command: 'other', process_types: ['worker'] });
  expect(await names(`/v3/processes/${process}/sidecars`)).toEqual([]);
  expect((await deployer.delete(path)).status).toBe(204);
  expect((await deployer.get(path)).status).toBe(404);
});

test('a sidecar runs from the next start, and the process gets the memory that is left', async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'start');
  await deployer.post(`/v3/apps/${app}/sidecars`, AGENT);
  expect(specs(app).map(({ sidecars }) => sidecars)).toEqual([undefined]);
  await deployer.post(`/v3/apps/${app}/actions/restart`);
  const [spec] = await eventually(() => {
    const running = specs(app).filter(({ sidecars }) => sidecars !== undefined);
    return running.length > 0 ? running : undefined;
  });
  expect(spec?.sidecars).toEqual([{ name: 'agent', command: 'run-agent', memory: 256 }]);
  expect(spec?.env['MEMORY_LIMIT']).toBe('768m');
  const { resources } = (await deployer.get(`/v3/apps/${app}/revisions/deployed`)).body as { resources: Json[] };
  expect(resources).toMatchObject([{ description: 'Sidecars updated.', sidecars: [AGENT] }]);
});

test.each([
  [{}, "Name can't be blank"],
  [{ ...AGENT, process_types: [] }, 'Process types must have at least 1 process_type'],
  [{ ...AGENT, name: 'twin' }, "Sidecar with name 'twin' already exists for given app"],
  [
    { ...AGENT, name: 'fat', memory_in_mb: 1023 },
    'The memory allocation defined is too large to run with the dependent "web" process',
  ],
])('%j is refused', async (body, detail) => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'refused');
  await deployer.post(`/v3/apps/${app}/sidecars`, { ...AGENT, name: 'twin', memory_in_mb: 1 });
  const reply = await deployer.post(`/v3/apps/${app}/sidecars`, body);
  expect(reply.status).toBe(422);
  expect(detailOf(reply)).toContain(detail);
  expect(await names(`/v3/apps/${app}/sidecars`)).toEqual(['twin']);
});

test("a process can't be scaled to less memory than its sidecars", async () => {
  const { deployer, space } = foundation;
  const app = await pushImage(deployer, space, 'small');
  await deployer.post(`/v3/apps/${app}/sidecars`, AGENT);
  const reply = await deployer.post(`/v3/apps/${app}/processes/web/actions/scale`, { memory_in_mb: 256 });
  expect(detailOf(reply)).toBe(
    'The requested memory allocation is not large enough to run all of your sidecar processes',
  );
});

test('a manifest creates and updates sidecars by name, and shows them', async () => {
  const { deployer, space } = foundation;
  const apply = async (sidecar: string): Promise<string> => {
    const manifest = `applications:\n- name: described\n  docker: {image: image}\n  sidecars: [${sidecar}]\n`;
    await deployer.job(await deployer.applyManifest(space, manifest));
    const app = await deployer.find('/v3/apps?names=described');
    return (await deployer.get(`/v3/apps/${app}/manifest`)).text;
  };
  await apply('{name: agent, command: first, process_types: [web], memory: 64M}');
  await apply('{name: other, command: beside, process_types: [web, worker]}');
  const shown = await apply('{name: agent, command: second, process_types: [web], memory: 64M}');
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
