import type Docker from 'dockerode';
import { RuleChannel, SHELL } from '../../src/cell/rule-channel';
import { closedRules } from '../../src/cell/rules';
import { waitFor } from '../../testing/system';
import { Playground, PROCESS } from './support/playground';

let ground: Playground;
let holder: Docker.Container;
let channel: RuleChannel;

beforeAll(async () => {
  ground = await Playground.open();
  const spec = ground.spec({ command: 'sleep 600', healthCheck: PROCESS });
  await ground.cell.start(spec);
  holder = await ground.container('holder', spec.instanceGuid);
  channel = new RuleChannel(holder);
}, 180_000);

afterAll(async () => {
  await channel.close();
  await ground.close();
});

const inForce = (): Promise<string> => ground.execute(holder, ['nft', 'list', 'table', 'inet', 'cell']);

const opening = (ports: readonly number[]): string =>
  closedRules().replace('ct state', `tcp dport { ${ports.join(', ')} } accept\n    ct state`);

test('rules are in force when applying them resolves, however long they are', async () => {
  const ports = Array.from({ length: 5000 }, (_, index) => 20_000 + 2 * index);
  await channel.apply(opening(ports));
  const listed = await inForce();
  expect(listed.match(/\b\d{5}\b/g)?.map(Number)).toEqual(ports);

  await channel.apply(closedRules());
  expect(await inForce()).not.toMatch(/\b\d{5}\b/);
});

test("rules that nft refuses are rejected with its message, change nothing, and don't affect later ones", async () => {
  await channel.apply(opening([7]));
  const before = await inForce();
  await expect(channel.apply(closedRules().replace('goto refuse', 'goto nowhere'))).rejects.toThrow(
    'nft says Error: Could not process rule: No such file or directory',
  );
  await expect(channel.apply(closedRules().replace('drop', 'perhaps'))).rejects.toThrow(/nft says Error: syntax error/);
  expect(await inForce()).toBe(before);

  await channel.apply(opening([9]));
  expect(await inForce()).toContain('tcp dport 9 accept');
});

test('truncated rules change nothing, since half of them would open everything', async () => {
  await channel.apply(closedRules());
  const before = await inForce();
  const exec = await holder.exec({ Cmd: ['/bin/sh', '-c', SHELL], AttachStdin: true, AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: true });
  stream.resume().end('table inet cell;delete table inet cell;');
  await waitFor(async () => !(await exec.inspect()).Running, 'nft to end');
  expect(await inForce()).toBe(before);
});

test('a channel whose process is killed is reopened', async () => {
  await channel.apply(closedRules());
  await ground.execute(holder, ['sh', '-c', 'kill -9 $(grep -l ^nft /proc/[0-9]*/comm | cut -d/ -f3)']);
  await channel.apply(opening([11]));
  expect(await inForce()).toContain('tcp dport 11 accept');
});

test('a channel whose process stops answering is abandoned in time, and replaced', async () => {
  const impatient = new RuleChannel(holder, 2000);
  await impatient.apply(closedRules());
  await ground.execute(holder, ['sh', '-c', 'kill -STOP $(grep -l ^nft /proc/[0-9]*/comm | cut -d/ -f3)']);
  await impatient.apply(opening([12]));
  expect(await inForce()).toContain('tcp dport 12 accept');
  await impatient.close();
  await ground.execute(holder, ['sh', '-c', 'kill -CONT $(grep -l ^nft /proc/[0-9]*/comm | cut -d/ -f3)']);
});

test('opening a channel to a container that ends fails, and does not wait forever', async () => {
  const dying = await ground.docker.createContainer({
    Image: ground.image,
    Entrypoint: ['/bin/sh', '-c', 'sleep 600'],
    Cmd: [],
    HostConfig: { NetworkMode: 'none' },
  });
  try {
    await dying.start();
    const lost = new RuleChannel(dying);
    // Its closed rules are never applied, so the channel is still being opened.
    const change = lost.apply(closedRules()).catch((error: unknown) => error);
    await waitFor(async () => JSON.stringify(await dying.top()).includes('nft -i'), 'the channel to be opened');
    await dying.kill();
    expect(await change).toBeInstanceOf(Error);
    await lost.close();
  } finally {
    await dying.remove({ force: true });
  }
});
