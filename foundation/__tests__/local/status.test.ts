import { formatStatus } from '../../src/local/command';
import { portsFrom, subnet } from '../../src/local/plan';

describe('the status of a foundation', () => {
  it('says in one line that the foundation does not exist', () =>
    expect(formatStatus({ name: 'local', state: 'absent', engine: 'docker 20.10', containers: [] })).toBe(
      'foundation local: absent (docker 20.10)',
    ));

  it('says that a foundation with three ports has no SSH, and what to do', () => {
    const ports = { api: 8700, router: 8701, registry: 8702 };
    const plan = {
      ports,
      overlay: subnet('overlay', '10.255.0.0/22'),
      internet: subnet('internet', '198.51.100.0/25'),
      securityGroups: 'dynamic' as const,
    };
    expect(formatStatus({ name: 'local', state: 'stopped', engine: 'docker 20.10', plan, containers: [] })).toContain(
      'ssh       none: the foundation is from before SSH was supported; recreate it with "local down" and "local up"',
    );
  });

  it('names ports, networks and each container', () => {
    const container = { name: 'space-egress-local', role: 'foundation', state: 'running', image: 'image:1' };
    expect(
      formatStatus({
        name: 'local',
        state: 'running',
        engine: 'docker 20.10',
        plan: {
          ports: portsFrom(8700),
          overlay: subnet('overlay', '10.255.0.0/22'),
          internet: subnet('internet', '198.51.100.0/25'),
          securityGroups: 'dynamic',
        },
        containers: [container, { ...container, name: 'x', role: 'app' }],
      }).split('\n'),
    ).toEqual([
      'foundation local: running (docker 20.10)',
      'api       http://127.0.0.1:8700',
      'router    http://127.0.0.1:8701',
      'registry  localhost:8702',
      'ssh       127.0.0.1:8703',
      'networks  10.255.0.0/22 overlay, 198.51.100.0/25 internet',
      'space-egress-local  foundation  running  image:1',
      'x                   app         running  image:1',
    ]);
  });
});
