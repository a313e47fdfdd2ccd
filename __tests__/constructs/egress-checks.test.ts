import { App as CfApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { Aspects, type IAspect, TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, Route } from '../../constructs';
import { EgressChecks } from '../../constructs/checks';
import { synth, synthStack, newStack } from '../support/synth';
import { example } from '../support/example';

describe('the checks at synth', () => {
  it('annotate the construct that a finding is about', () => {
    const { annotations } = synthStack((stack) => {
      const { proxy, client } = example(stack);
      proxy.allowDestinations(Destination.host('s3-us-gov-west-1.amazonaws.com'));
      client.useProxy(proxy);
      EgressChecks.on(stack);
    });
    expect(annotations.map(({ level, constructPath }) => [level, constructPath])).toEqual([
      ['@cdktf/warn', 'test/Proxy/Resource'],
    ]);
    expect(annotations[0]?.message).toContain('allowlist-shared-host[s3-us-gov-west-1.amazonaws.com:443]');
  });

  it('stop the synth on what is never safe', () => {
    expect(() =>
      synthStack((stack) => {
        const { proxy } = example(stack);
        new Route(stack, 'Route', { app: proxy, host: 'proxy', domain: 'apps.localhost' });
        proxy.allowDestinations(Destination.domain('gov'));
        EgressChecks.on(stack);
      }),
    ).toThrow('allowlist-public-suffix[.gov:443]');
  });

  it('say nothing about a stack without findings, and change nothing in it', () => {
    const build = (checked: boolean) =>
      synthStack((stack) => {
        const { proxy, client } = example(stack);
        client.useProxy(proxy);
        if (checked) EgressChecks.on(stack);
      });
    expect(build(true).annotations).toEqual([]);
    expect(build(true).text).toBe(build(false).text);
  });

  it('leave out what the program acknowledges, and keep the reason for the review', () => {
    const { annotations, text } = synthStack((stack) => {
      const { proxy, client } = example(stack);
      proxy.allowDestinations(Destination.host('github.com'));
      client.useProxy(proxy);
      EgressChecks.acknowledge(proxy, 'allowlist-shared-host[github.com:443]', 'releases are signed');
      EgressChecks.on(stack);
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

  it('see the edges between stacks', () => {
    const stacks = synth((app) => {
      const shared = newStack(app, 'shared');
      const space = new EgressSpace(shared, 'Out', { orgName: 'agency', spaceName: 'out', egress: Egress.PUBLIC });
      const proxy = new EgressProxy(shared, 'Proxy', { space, source: AppSource.image('registry.example/proxy:1') });
      const team = newStack(app, 'team');
      const open = new EgressSpace(team, 'Open', { orgName: 'agency', spaceName: 'open', egress: Egress.PUBLIC });
      new Application(team, 'Web', { space: open, source: AppSource.image('registry.example/web:1') }).useProxy(proxy);
      for (const stack of [shared, team]) EgressChecks.on(stack);
    });
    expect(
      stacks.team?.annotations.map(({ constructPath, message }) => [constructPath, message.split(':')[0]]),
    ).toEqual([['team/Web/Resource', 'client-direct-egress']]);
    expect(stacks.shared?.annotations).toEqual([]);
  });

  it('synthesize each stack once, however many there are', () => {
    const calls = (count: number): number => {
      const spy = jest.spyOn(TerraformStack.prototype, 'toTerraform');
      synth((app) => {
        for (let index = 0; index < count; index++) {
          const stack = newStack(app, `stack-${index}`);
          example(stack);
          EgressChecks.on(stack);
        }
      });
      const { length } = spy.mock.calls;
      spy.mockRestore();
      return length;
    };
    // Once for the checks and once for the output.
    expect([1, 4, 12].map(calls)).toEqual([2, 8, 24]);
  });

  it('see what an aspect has changed, also in a stack that comes after others', () => {
    const { first, second } = synth((app) => {
      for (const name of ['first', 'second']) {
        const stack = newStack(app, name);
        const { client, proxy } = example(stack);
        client.useProxy(proxy);
        EgressChecks.on(stack);
        const aspect: IAspect = {
          visit: (node) => {
            if (!(node instanceof CfApp) || node !== proxy.node.defaultChild) return;
            node.environment = {
              EGRESS_ALLOW: name === 'second' ? 'github.com:443' : 'api.example.gov:443',
            };
          },
        };
        Aspects.of(stack).add(aspect);
      }
    });
    expect(first?.annotations).toEqual([]);
    expect(second?.annotations.map(({ message }) => message)).toEqual([
      expect.stringContaining('allowlist-shared-host[github.com:443]'),
    ]);
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
