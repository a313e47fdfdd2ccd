import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFile } from '../../tools/state-file';

let folder: string;
let state: StateFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'state-file-'));
  state = new StateFile(folder, 'demo');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const PRESENT = 'terraform.demo.tfstate';
const [one, other] = [randomUUID(), randomUUID()];

const resource = (type: string, attributes: object) => ({ mode: 'managed', type, instances: [{ attributes }] });
const write = (...resources: object[]): void => {
  writeFileSync(join(folder, PRESENT), JSON.stringify({ version: 4, resources }));
};
const spaceIn = (org: string) => resource('cloudfoundry_space', { id: randomUUID(), org });
const organizationIn = (name: string): unknown => {
  const text = readFileSync(join(folder, name), 'utf8');
  return [one, other].find((guid) => text.includes(guid));
};

test.each([
  ['there is no state', undefined, undefined],
  ['nothing is in it', [], undefined],
  ['only an image is in it', [resource('docker_image', { id: 'sha256:1' })], undefined],
  ['it has a space', [spaceIn(one)], one],
  ['only the organization was read', [resource('cloudfoundry_org', { id: one })], one],
])('when %s, its organization is known or not', (_what, resources, organization) => {
  if (resources !== undefined) write(...resources);
  expect(state.organization).toBe(organization);
  expect(state.holdsResources).toBe((resources ?? []).length > 0);
});

test('the state of the current foundation stays', () => {
  write(spaceIn(one));
  expect(state.select(one)).toBe('its own');
  expect(readdirSync(folder)).toEqual([PRESENT]);
});

test('the state of another or removed foundation is set aside, and restored with that foundation', () => {
  write(spaceIn(one));
  expect(state.select(other)).toBe('another set aside');
  expect(state.holdsResources).toBe(false);
  write(spaceIn(other));
  expect(state.select(one)).toBe('its own brought back');
  expect(organizationIn(PRESENT)).toBe(one);
  expect(state.select(other)).toBe('its own brought back');
  expect(organizationIn(PRESENT)).toBe(other);
  expect(organizationIn(`terraform.demo.${one}.tfstate`)).toBe(one);
});

test('the state is removed with everything next to it, and other stacks keep theirs', () => {
  write(spaceIn(one));
  state.select(other);
  write(spaceIn(other));
  for (const name of [`${PRESENT}.backup`, `.${PRESENT}.lock.info`, 'terraform.demo-2.tfstate', 'main.ts']) {
    writeFileSync(join(folder, name), '');
  }
  state.remove();
  expect(readdirSync(folder).sort()).toEqual(['main.ts', 'terraform.demo-2.tfstate', `terraform.demo.${one}.tfstate`]);
  state.removeAside();
  expect(readdirSync(folder).sort()).toEqual(['main.ts', 'terraform.demo-2.tfstate']);
});

test("fails for a file that isn't a state, with its name and what to do", () => {
  writeFileSync(join(folder, PRESENT), '{"version": 4,');
  expect(() => state.holdsResources).toThrow(/terraform\.demo\.tfstate is not a state: .*; restore it/);
});
