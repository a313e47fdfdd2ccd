import {
  printStory,
  hasFailed,
  pendingVariables,
  rolloutOf,
  type Crash,
  type Deployment,
} from '../../../cli/deploy-log/story';

const deployment = (minute: number, reason: string, version = minute): Deployment => ({
  guid: `deployment-${minute}`,
  at: `2026-01-01T00:0${minute}:00Z`,
  finished: reason !== 'DEPLOYING',
  reason,
  process: `process-${minute}`,
  revision: { guid: `revision-${version}`, version },
});

const crash = (minute: number, second: number, index = 0): Crash => ({
  process: `process-${minute}`,
  instance: `instance-${minute}-${second}`,
  index,
  at: `2026-01-01T00:0${minute}:0${second}Z`,
  why: 'Exited with status 1',
});

test('an application that was never deployed and never crashed has no rollout', () => {
  expect(rolloutOf([], [])).toEqual({ endings: [] });
  expect(hasFailed(rolloutOf([], []))).toBe(false);
});

test('crashes are counted by index, the newest of each is kept, and those of other deployments are left out', () => {
  const crashes = [crash(2, 9, 1), crash(2, 8), crash(2, 4), crash(1, 5)];
  const rollout = rolloutOf([deployment(2, 'DEPLOYING'), deployment(1, 'DEPLOYED')], crashes);
  expect(rollout).toEqual({
    deployment: deployment(2, 'DEPLOYING'),
    endings: [
      { index: 0, times: 2, last: crash(2, 8) },
      { index: 1, times: 1, last: crash(2, 9, 1) },
    ],
  });
  expect(hasFailed(rollout)).toBe(true);
});

test("the report is about the failed rollout, not about the provider's rollback", () => {
  const deployments = [deployment(3, 'DEPLOYED'), deployment(2, 'SUPERSEDED')];
  expect(rolloutOf(deployments, [crash(2, 1)])).toMatchObject({
    deployment: { guid: 'deployment-2' },
    successor: { guid: 'deployment-3' },
  });
});

test.each([
  ['one that came in the place of a deployment in order', [deployment(3, 'DEPLOYED'), deployment(2, 'SUPERSEDED')], []],
  ['one after a deployment that got through', [deployment(3, 'DEPLOYED'), deployment(2, 'DEPLOYED')], [crash(2, 1)]],
  ['one that crashes itself', [deployment(3, 'DEPLOYING'), deployment(2, 'SUPERSEDED')], [crash(3, 1), crash(2, 1)]],
])('of %s the report is about the newest', (_name, deployments, crashes) => {
  const rollout = rolloutOf(deployments, crashes);
  expect([rollout.deployment?.guid, rollout.successor]).toEqual(['deployment-3', undefined]);
});

test('a restart would change variables that differ, are new, or are removed', () => {
  expect(pendingVariables({ A: '1', B: '2', C: '3' }, { A: '1', B: 'x', D: '4' })).toEqual(['B', 'C', 'D']);
  expect(pendingVariables({ A: '1' }, { A: '1' })).toEqual([]);
});

describe('a person reads', () => {
  const serving = { running: 2, wanted: 2 };
  const lines = ['EGRESS_ALLOW: line 1: no such thing'];

  test.each([
    [
      'of a deployment that got through one line',
      { ...rolloutOf([deployment(1, 'DEPLOYED')], []), lines: [], serving, pending: [] },
      ['app: the deployment of 2026-01-01T00:01:00Z (revision 1) succeeded'],
    ],
    [
      'of one whose instance crashes why, and what goes on',
      {
        ...rolloutOf([deployment(2, 'DEPLOYING')], [crash(2, 8), crash(2, 4)]),
        lines,
        serving,
        pending: ['EGRESS_ALLOW'],
      },
      [
        'app: the deployment of 2026-01-01T00:02:00Z (revision 2) is failing: its new instance crashes',
        '  instance 0 has crashed 2 times, last at 2026-01-01T00:02:08Z: Exited with status 1',
        '  its last lines:',
        '    EGRESS_ALLOW: line 1: no such thing',
        '  2 of 2 old instances keep running.',
        '  The application keeps the new environment (EGRESS_ALLOW): crashed instances restart with the old one,',
        '  but the next restart of the application uses the new one. Correct it and deploy again.',
      ],
    ],
    [
      'of one that another came in place of which it was, and that nothing is left to do',
      {
        ...rolloutOf([deployment(3, 'DEPLOYED'), deployment(2, 'SUPERSEDED')], [crash(2, 1)]),
        lines,
        serving,
        pending: [],
      },
      [
        'app: the deployment of 2026-01-01T00:02:00Z (revision 2) failed; ' +
          'the deployment of 2026-01-01T00:03:00Z (revision 3) replaced it and is DEPLOYED',
        '  instance 0 has crashed once, last at 2026-01-01T00:02:01Z: Exited with status 1',
        '  its last lines:',
        '    EGRESS_ALLOW: line 1: no such thing',
        '  2 of 2 instances run.',
      ],
    ],
    [
      'of an application that was started and crashes that nothing serves',
      { ...rolloutOf([], [crash(1, 1)]), lines: [], serving: { running: 0, wanted: 1 } },
      [
        'app: its instances crash',
        '  instance 0 has crashed once, last at 2026-01-01T00:01:01Z: Exited with status 1',
        '  0 of 1 instances run.',
      ],
    ],
  ])('%s', (_name, rollout, text) => {
    expect(printStory({ app: 'app', advice: [], ...rollout })).toEqual(text);
  });

  test('the remedy, if it is known, after the output', () => {
    const rollout = rolloutOf([], [crash(1, 1)]);
    const printed = printStory({ app: 'app', ...rollout, lines: ['x'], advice: ['do this'], serving });
    expect(printed.slice(2)).toEqual(['  its last lines:', '    x', '  do this', '  2 of 2 instances run.']);
  });
});
