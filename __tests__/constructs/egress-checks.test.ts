import { App as CfApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { Aspects, type IAspect, type App, TerraformStack, Testing } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, Port, Route } from '../../constructs';
import { EgressChecks } from '../../constructs/checks';
import { synth, synthStack, newStack, type SynthesizedStack } from '../support/synth';
import { example } from '../support/example';

/** A finding that is a warning, about the proxy. */
function withSharedHost(stack: TerraformStack) {
  const made = example(stack);
  made.client.useProxy(made.proxy);
  made.proxy.allowDestinations(Destination.host('github.com'));
  return made;
}

/** A finding that is an error, about the proxy. */
function withTopLevelDomain(stack: TerraformStack) {
  const made = example(stack);
  made.client.useProxy(made.proxy);
  made.proxy.allowDestinations(Destination.domain('gov'));
  return made;
}

const briefly = (stack: SynthesizedStack | undefined) =>
  stack?.annotations.map(({ level, constructPath, message }) => [level, constructPath, message.split(':')[0]]);
const WARNING = ['@cdktf/warn', 'test/Proxy/Resource', 'allowlist-shared-host[github.com'];

describe('the checks at synth', () => {
  it('are on by default, and annotate the construct that a finding is about', () => {
    const { annotations } = synthStack(withSharedHost);
    expect(annotations).toEqual([
      expect.objectContaining({
        level: '@cdktf/warn',
        constructPath: 'test/Proxy/Resource',
        message: expect.stringMatching(
          /^allowlist-shared-host\[github\.com:443\]: .*github\.com.*\. A proxy sees host names .*\.$/,
        ) as string,
      }),
    ]);
  });

  it.each<[string, (stack: TerraformStack) => unknown]>([
    [
      'a space',
      (stack) => new EgressSpace(stack, 'Inside', { orgName: 'agency', spaceName: 'inside', egress: Egress.PUBLIC }),
    ],
    ['an application', (stack) => example(stack).client],
    [
      'a route of an application that exists',
      (stack) => {
        const space = EgressSpace.fromLookup(stack, 'Inside', { orgName: 'agency', spaceName: 'inside' });
        const app = Application.fromLookup(stack, 'Web', { space, appName: 'web' });
        new Route(stack, 'Route', { app, host: 'web', domain: 'apps.localhost' });
      },
    ],
    [
      'an edge between applications that exist',
      (stack) => {
        const space = EgressSpace.fromLookup(stack, 'Inside', { orgName: 'agency', spaceName: 'inside' });
        const [web, search] = ['web', 'search'].map((appName) =>
          Application.fromLookup(stack, appName, { space, appName }),
        );
        if (web && search) web.connections.allowTo(search, Port.tcp(9200));
      },
    ],
  ])('look at a stack that has %s', (_what, build) => {
    const found = synthStack((stack) => {
      build(stack);
      new CfApp(stack, 'Raw', { name: 'raw', spaceName: 's', orgName: 'o', dockerImage: 'web:1', enableSsh: true });
    });
    expect(briefly(found)).toContainEqual([expect.anything(), 'test/Raw', 'ssh-on']);
  });

  it('must be requested in a stack of the provider’s own resources', () => {
    const build = (on: boolean) =>
      synthStack((stack) => {
        new CfApp(stack, 'Web', { name: 'web', spaceName: 's', orgName: 'o', dockerImage: 'web:1', enableSsh: true });
        if (on) EgressChecks.on(stack);
      });
    expect(build(false).annotations).toEqual([]);
    expect(briefly(build(true))).toContainEqual([expect.anything(), 'test/Web', 'ssh-on']);
  });

  it('stop the synth for an error', () => {
    expect(() => synthStack(withTopLevelDomain)).toThrow(
      /^App-level validation failed with the following errors:\n {2}\[test\/Proxy\/Resource\] allowlist-public-suffix\[\.gov:443\]/,
    );
  });

  it("leave stopping to the CDK's command if it requests all annotations", () => {
    process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS = 'true';
    try {
      expect(briefly(synthStack(withTopLevelDomain))).toEqual([
        ['@cdktf/error', 'test/Proxy/Resource', 'allowlist-public-suffix[.gov'],
      ]);
    } finally {
      delete process.env.CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS;
    }
  });

  it('report nothing about a stack without findings, and change nothing in it', () => {
    const build = (checked: boolean) =>
      synthStack((stack) => {
        const { proxy, client } = example(stack);
        client.useProxy(proxy);
        if (!checked) EgressChecks.off(stack);
      });
    expect(build(true).annotations).toEqual([]);
    expect(build(true).text).toBe(build(false).text);
  });

  it('omit what the program acknowledges, and keep the reason for the review', () => {
    const { annotations, text } = synthStack((stack) => {
      const { proxy } = withSharedHost(stack);
      EgressChecks.acknowledge(proxy, 'allowlist-shared-host[github.com:443]', 'releases are signed');
    });
    expect(annotations).toEqual([]);
    expect((JSON.parse(text) as Record<string, unknown>)['//']).toMatchObject({
      'space-egress': {
        acknowledged: [
          { rule: 'allowlist-shared-host[github.com:443]', path: 'test/Proxy', reason: 'releases are signed' },
        ],
      },
    });
  });

  it('allow an error that the program acknowledges', () => {
    const { annotations } = synthStack((stack) => {
      const { proxy } = withTopLevelDomain(stack);
      EgressChecks.acknowledge(proxy, 'allowlist-public-suffix', 'the agency asks all others');
    });
    expect(annotations).toEqual([]);
  });

  it.each<[string, (stack: TerraformStack, made: ReturnType<typeof example>) => void]>([
    [
      'a program',
      (stack) => {
        EgressChecks.off(stack.node.root);
      },
    ],
    [
      'a stack',
      (stack) => {
        EgressChecks.off(stack);
      },
    ],
    [
      'a part of it',
      (_stack, { proxy }) => {
        EgressChecks.off(proxy);
      },
    ],
  ])('can be turned off for %s, including errors', (_what, off) => {
    const { annotations } = synthStack((stack) => {
      off(stack, withTopLevelDomain(stack));
    });
    expect(annotations).toEqual([]);
  });

  it('continue for everything next to a part that is off', () => {
    const stack = synthStack((scope) => {
      EgressChecks.off(withSharedHost(scope).client);
    });
    expect(briefly(stack)).toEqual([WARNING]);
  });

  it('annotate once, however often they are requested', () => {
    const stack = synthStack((scope) => {
      EgressChecks.on(scope);
      withSharedHost(scope);
      EgressChecks.on(scope);
    });
    expect(briefly(stack)).toEqual([WARNING]);
  });

  it('are available to a test of one stack, without synthesizing it', () => {
    const stack = newStack(Testing.app(), 'test');
    withSharedHost(stack);
    expect(EgressChecks.findings(stack).open.map(({ rule }) => rule)).toEqual(['allowlist-shared-host']);
  });

  describe('of several stacks', () => {
    /** A proxy in the first stack, and a client that bypasses it in the second. */
    const around = (app: App, order: readonly ['shared', 'team'] | readonly ['team', 'shared']) => {
      const stacks = new Map(order.map((name) => [name, newStack(app, name)]));
      const [shared, team] = [stacks.get('shared'), stacks.get('team')] as [TerraformStack, TerraformStack];
      const space = new EgressSpace(shared, 'Out', { orgName: 'agency', spaceName: 'out', egress: Egress.PUBLIC });
      const proxy = new EgressProxy(shared, 'Proxy', { space, source: AppSource.image('registry.example/proxy:1') });
      const open = new EgressSpace(team, 'Open', { orgName: 'agency', spaceName: 'open', egress: Egress.PUBLIC });
      new Application(team, 'Web', { space: open, source: AppSource.image('registry.example/web:1') }).useProxy(proxy);
      return { shared, team, proxy };
    };

    it.each([[['shared', 'team']], [['team', 'shared']]] as const)(
      'see the edges between them, with %j in the order of their turns',
      (order) => {
        const stacks = synth((app) => {
          around(app, order);
        });
        expect(briefly(stacks.team)).toEqual([['@cdktf/warn', 'team/Web/Resource', 'client-direct-egress']]);
        expect(stacks.shared?.annotations).toEqual([]);
      },
    );

    it('stop the synth on an error in any of them', () => {
      for (const bad of ['first', 'second', 'third']) {
        expect(() =>
          synth((app) => {
            for (const name of ['first', 'second', 'third']) {
              (name === bad ? withTopLevelDomain : example)(newStack(app, name));
            }
          }),
        ).toThrow(new RegExp(`${bad}/Proxy/Resource\\S* allowlist-public-suffix\\[\\.gov:443\\]`));
      }
    });

    it('report a warning in the stack that it is about', () => {
      const stacks = synth((app) => {
        for (const name of ['first', 'second', 'third']) {
          (name === 'third' ? example : withSharedHost)(newStack(app, name));
        }
      });
      expect(Object.values(stacks).map(briefly)).toEqual([
        [['@cdktf/warn', 'first/Proxy/Resource', WARNING[2]]],
        [['@cdktf/warn', 'second/Proxy/Resource', WARNING[2]]],
        [],
      ]);
    });

    it('can be off for one and on for the others', () => {
      const stacks = synth((app) => {
        const [first, second] = [newStack(app, 'first'), newStack(app, 'second')];
        [first, second].forEach(withSharedHost);
        EgressChecks.off(second);
      });
      expect(Object.values(stacks).map((stack) => stack.annotations.length)).toEqual([1, 0]);
    });

    it('that go to two foundations are checked separately, although their names are the same', () => {
      const stacks = synth((app) => {
        const [test, real] = ['test', 'real'].map((stage) => {
          const [shared, team] = [newStack(app, `${stage}-shared`), newStack(app, `${stage}-team`)];
          const space = new EgressSpace(shared, 'Out', { orgName: 'agency', spaceName: 'out', egress: Egress.PUBLIC });
          const proxy = new EgressProxy(shared, 'Proxy', {
            space,
            source: AppSource.image('registry.example/proxy:1'),
          });
          const egress = stage === 'test' ? Egress.PUBLIC : Egress.CLOSED;
          const inside = new EgressSpace(team, 'In', { orgName: 'agency', spaceName: 'in', egress });
          const web = new Application(team, 'Web', {
            space: inside,
            source: AppSource.image('registry.example/web:1'),
          });
          web.useProxy(proxy);
          return proxy;
        });
        test?.allowDestinations(Destination.host('api.example.gov'));
        real?.allowDestinations(Destination.host('github.com'));
      });
      expect(Object.fromEntries(Object.entries(stacks).map(([name, stack]) => [name, briefly(stack)]))).toEqual({
        'test-shared': [],
        'test-team': [['@cdktf/warn', 'test-team/Web/Resource', 'client-direct-egress']],
        'real-shared': [['@cdktf/warn', 'real-shared/Proxy/Resource', WARNING[2]]],
        'real-team': [],
      });
    });

    it.each([
      ['without Aspects', false],
      ['with Aspects', true],
    ])('synthesize each once, for any number of stacks, %s', (_how, aspects) => {
      const calls = (count: number): number => {
        const spy = jest.spyOn(TerraformStack.prototype, 'toTerraform');
        synth((app) => {
          for (let index = 0; index < count; index++) {
            const stack = newStack(app, `stack-${index}`);
            example(stack);
            if (aspects) Aspects.of(stack).add({ visit: () => undefined });
          }
        });
        const { length } = spy.mock.calls;
        spy.mockRestore();
        return length;
      };
      expect([1, 5].map(calls)).toEqual([1, 5]);
    });

    it.each(['first', 'second'])('see what an Aspect changed in the %s, and report nothing that it fixed', (bad) => {
      const stacks = synth((app) => {
        for (const name of ['first', 'second']) {
          const stack = newStack(app, name);
          const { client, proxy } = example(stack);
          client.useProxy(proxy);
          if (name !== bad) proxy.allowDestinations(Destination.domain('gov'));
          const aspect: IAspect = {
            visit: (node) => {
              if (!(node instanceof CfApp) || node !== proxy.node.defaultChild) return;
              node.environment = { EGRESS_ALLOW: name === bad ? 'github.com:443' : 'api.example.gov:443' };
            },
          };
          Aspects.of(stack).add(aspect);
        }
      });
      for (const [name, stack] of Object.entries(stacks)) {
        expect(briefly(stack)).toEqual(name === bad ? [['@cdktf/warn', `${bad}/Proxy/Resource`, WARNING[2]]] : []);
      }
    });
  });

  it.each([
    ['ssh', 'reason', "'ssh' is not a check: name one of client-direct-egress"],
    ['proxy-public-route', 'reason', "proxy-public-route can't be acknowledged"],
    ['ssh-on', ' ', 'the acknowledgement of ssh-on has no reason'],
  ])('refuse to acknowledge %s for %p', (rule, reason, message) => {
    expect(() =>
      synthStack((stack) => {
        EgressChecks.acknowledge(stack, rule, reason);
      }),
    ).toThrow(message);
  });
});
