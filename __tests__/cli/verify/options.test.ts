import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Foundation, localOptions, outputsOf, readOutputs, remoteOptions } from '../../../cli/verify/options';
import { temporaryFolder } from '../../support/temporary-folder';

const outputs = { app_url: 'http://app.localhost:1', proxy_address: 'http://proxy.apps.internal:3128' };

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

test("outputs are read from the stack's name, and others are ignored", () => {
  const file = join(folder, 'outputs.json');
  writeFileSync(file, JSON.stringify({ 'egress-demo': { ...outputs, allowlist: [] } }));
  expect(readOutputs(file)).toEqual(outputs);
});

test.each([
  [
    'there is no file',
    undefined,
    /can't read outputs \(.*ENOENT.*\): deploy with --outputs-file .*, or give --url and --proxy/,
  ],
  ['it is not JSON', 'app_url', /can't read outputs \(.*JSON.*\): deploy with --outputs-file/],
  [
    'it is of another stack',
    '{"other":{"bucket":"x"}}',
    /the outputs lack app_url and proxy_address; they have bucket/,
  ],
  ['nothing is in it', '{}', /they have nothing/],
])('fails when %s, with what to do', (_what, text, message) => {
  const file = join(folder, 'outputs.json');
  if (text !== undefined) writeFileSync(file, text);
  expect(() => readOutputs(file)).toThrow(message);
});

test('an output that is not a text is ignored', () => {
  expect(() => outputsOf({ app_url: 1, proxy_address: 'x' })).toThrow('they have app_url, proxy_address');
});

test('on a real foundation, only what the outputs name is probed', () => {
  expect(remoteOptions(outputs)).toEqual({ appUrl: outputs.app_url, proxyUrl: outputs.proxy_address, objects: {} });
});

test("on a local one, the selected foundation's objects and forbidden addresses are known", async () => {
  const offLimits = jest.fn(() => Promise.resolve([{ host: '10.255.0.1', port: 22 }]));
  const foundation = { sampleDigests: () => ({ 'small.txt': 'aa' }), offLimits } as unknown as Foundation;
  const env = { CF_API_URL: 'http://api', CF_USER: 'me', CF_PASSWORD: 'secret', EGRESS_FOUNDATION: 'mine' };
  const deployment = { org: 'agency', restrictedSpace: 'inside', publicSpace: 'outside' };
  expect(await localOptions(env, deployment, outputs, foundation)).toEqual({
    appUrl: outputs.app_url,
    proxyUrl: outputs.proxy_address,
    objects: { 'small.txt': 'aa' },
    local: {
      account: { apiUrl: 'http://api', user: 'me', password: 'secret' },
      org: 'agency',
      restrictedSpace: 'inside',
      proxySpace: 'outside',
      proxyApp: 'proxy',
      forbidden: [{ host: '10.255.0.1', port: 22 }],
    },
  });
  expect(offLimits).toHaveBeenCalledWith({ name: 'mine' });
});
