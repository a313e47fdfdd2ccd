import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../src/api/serve';
import { MemoryCell } from '../src/cell/memory-cell';
import { addApp } from '../src/cloud/apps';
import { NO_METADATA } from '../src/cloud/metadata';
import { Tokens } from '../src/cloud/tokens';
import { NO_BUCKET_SERVER } from '../src/internet/bucket-server';
import { S3Broker } from '../src/internet/s3-broker';
import { MemoryStore } from '../src/store/store';

const APPS_IN_A_SPACE = 100;

export type FilledFoundation = Awaited<ReturnType<typeof startFilledFoundation>>;

/** Starts a foundation with many applications, each with a route. */
export const startFilledFoundation = async (applications: number, inSpace = APPS_IN_A_SPACE) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-foundation-'));
  const service = await serve({
    settings: { ports: { api: 0, router: 0, registry: 0 }, dataDir, appsDomain: 'apps.localhost' },
    store: new MemoryStore(),
    cell: new MemoryCell(),
    broker: new S3Broker(NO_BUCKET_SERVER),
    host: '127.0.0.1',
    onFailure: console.error,
  });
  const { cloud, credentials } = service;
  const guids = cloud.transact((state) => {
    const [organization] = state.organizations;
    const domain = state.domains.find(({ internal }) => internal);
    const made: string[] = [];
    let space = '';
    for (let index = 0; index < applications; index++) {
      if (index % inSpace === 0) {
        const name = `space-${index}`;
        const organizationGuid = organization?.guid ?? '';
        space = state.spaces.put({
          ...state.stamp(),
          name,
          organizationGuid,
          sshAllowed: true,
          metadata: NO_METADATA,
        }).guid;
      }
      const app = addApp(state, { name: `app-${index}`, spaceGuid: space, lifecycle: { type: 'docker' } });
      state.routes.put({
        ...state.stamp(),
        spaceGuid: space,
        domainGuid: domain?.guid ?? '',
        host: app.name,
        path: '',
        destinations: [{ guid: app.guid, appGuid: app.guid, processType: 'web' }],
        metadata: NO_METADATA,
      });
      made.push(app.guid);
    }
    return made;
  });
  // The admin sees all spaces.
  const admin = cloud.state.credentials.find(({ name }) => name === credentials.admin.username);
  if (!admin) throw new Error('the foundation has no admin');
  return {
    url: service.url,
    token: new Tokens(cloud.state, `${cloud.api}/uaa/oauth/token`).issue(admin, 'cf').access_token,
    guids,
    admin: credentials.admin,
    close: async () => {
      await service.close();
      rmSync(dataDir, { recursive: true });
    },
  };
};
