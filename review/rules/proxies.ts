import { describeAudit, hasEnded } from '../../constructs/values/allowlist';
import { isOver } from '../../constructs/values/day';
import { holds } from '../../constructs/values/host-name';
import type { Application } from '../model/facts';
import type { Intervals } from '../model/intervals';
import type { Model } from '../model/model';
import { EVERY_NAME, EVERY_PORT, namesOfRules, REST } from '../model/rule-list';
import { printPorts } from '../model/traffic';
import { say } from '../phrase';
import type { Rule } from '.';

export const proxyWithoutInternet: Rule = {
  id: 'proxy-without-internet',
  title: 'a proxy in a space that opens nothing on its list',
  why: 'every request through it fails; put it in a space with public egress',
  acknowledgeable: false,
  *check(model) {
    for (const { id, name, space, origin, allowlist } of proxies(model)) {
      const { names, maybe } = model.proxies.through(id);
      const { lines = [], lists = [] } = allowlist ?? {};
      const listed = lines.some(({ destination, end }) => destination !== undefined && !isOver(end, model.today));
      if (!names.isEmpty || !(listed || lists.some((list) => !namesOfRules(list).isEmpty))) continue;
      const certain = maybe.isEmpty;
      yield {
        level: certain ? 'error' : 'unknown',
        subject: id,
        message: certain
          ? say`the proxy ${name} is in space ${space}, whose security groups open none of its destinations`
          : say`whether the proxy ${name} can leave its space ${space} is unknown`,
        origin,
      };
    }
  },
};

export const proxySharesSpace: Rule = {
  id: 'proxy-shares-space',
  title: 'another application in the space of a proxy',
  why: 'security groups apply to the whole space: the other application can reach whatever the proxy can, without a list',
  acknowledgeable: true,
  *check(model) {
    for (const { name: proxy, space } of proxies(model)) {
      const direct = model.egress(space).reachesInternet;
      if (direct === 'no') continue;
      for (const { id, name, allowlist, origin } of model.applicationsIn(space)) {
        if (allowlist !== undefined) continue;
        yield {
          level: direct === 'yes' ? 'warning' : 'unknown',
          subject: id,
          detail: proxy,
          message: say`${name} is in space ${space} together with the proxy ${proxy}`,
          origin,
        };
      }
    }
  },
};

export const proxyPublicRoute: Rule = {
  id: 'proxy-public-route',
  title: 'a proxy on a public route',
  why: 'network policies apply between containers only: with a public route, anyone on the internet can use the proxy',
  acknowledgeable: false,
  *check(model) {
    for (const { id, name } of proxies(model)) {
      for (const { url, internal, origin } of model.routesOf(id)) {
        if (internal === 'yes') continue;
        const certain = internal === 'no';
        yield {
          level: certain ? 'error' : 'unknown',
          subject: id,
          detail: url,
          message: certain
            ? say`the proxy ${name} has the public route ${url}`
            : say`whether the route ${url} of the proxy ${name} is internal is unknown`,
          origin,
        };
      }
    }
  },
};

export const allowlistUnknown: Rule = {
  id: 'allowlist-unknown',
  title: 'an allowlist that can’t be read',
  why: 'nobody can review what is hidden; write the destinations as plain text, because they are not secret',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, origin, allowlist } of model.applications.values()) {
      for (const { token, because } of allowlist?.unknown ?? []) {
        if (token.startsWith('line ')) continue;
        yield { level: 'unknown', subject: id, message: say`${name}: ${[because]}`, origin };
      }
    }
    for (const { id, name: client } of model.applications.values()) {
      for (const { id: subject, name, origin } of model.forwardersOf(id)) {
        if (model.egress(model.applications.get(subject)?.space ?? '').reachesInternet === 'no') continue;
        yield {
          level: 'unknown',
          subject,
          detail: client,
          message: say`${name}: if it is a proxy, what it fetches for ${client} can’t be read; a squid.conf is in its image or files`,
          origin,
        };
      }
    }
  },
};

export const proxyOpen: Rule = {
  id: 'proxy-open',
  title: 'a proxy whose rules allow every name',
  why: 'Caddy’s forwardproxy allows what no rule denies, so a list without `deny all` at its end refuses nothing',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, origin } of proxies(model)) {
      for (const [index, list] of model.proxies.listsFor(id).entries()) {
        if (!namesOfRules(list).everywhere.reachesInternet) continue;
        yield {
          level: 'error',
          subject: id,
          detail: list.client ?? String(index + 1),
          message: say`the proxy ${name} allows every name on ${[portsInWords(list.ports)]}`,
          origin,
        };
      }
    }
  },
};

function portsInWords(ports: Intervals): string {
  return ports.covers(EVERY_PORT) ? 'every port' : `port ${printPorts(ports)}`;
}

export const denialSpelling: Rule = {
  id: 'denial-spelling',
  title: 'a denied name, which matches only one spelling',
  why: 'Caddy’s forwardproxy compares names case-sensitively, so a client that uses capitals gets through; list what is allowed instead',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, origin } of proxies(model)) {
      for (const { rules } of model.proxies.listsFor(id)) {
        for (const [index, denial] of rules.entries()) {
          if (denial.allow || denial.pattern === EVERY_NAME) continue;
          const opener = [...rules.slice(index + 1), REST].find(
            ({ pattern }) => pattern === EVERY_NAME || (pattern !== denial.pattern && holds(pattern, denial.pattern)),
          );
          if (opener?.allow !== true) continue;
          yield {
            level: 'warning',
            subject: id,
            detail: denial.text,
            message: say`${name}: ${denial.text} does not match other spellings, which ${opener.text} allows`,
            origin,
          };
        }
      }
    }
  },
};

export const auditMode: Rule = {
  id: 'audit-mode',
  title: 'a list in audit mode',
  why: 'it refuses nothing public and only logs; give it an end date, and remove it when the list is complete',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, allowlist, origin } of proxies(model)) {
      for (const { text, client, audit } of allowlist?.lines ?? []) {
        if (audit === undefined) continue;
        const whose = client === undefined ? ['all of its clients'] : say`its client ${client}`;
        const [level, says] = hasEnded(audit, model.today)
          ? ([
              'warning',
              say`no longer allows ${whose} what is not listed, because its ${[describeAudit(audit)]} has ended`,
            ] as const)
          : ([
              audit === true ? 'error' : 'warning',
              say`allows everything public for ${whose}, in ${[describeAudit(audit)]}`,
            ] as const);
        yield { level, subject: id, detail: text, message: say`the proxy ${name} ${says}`, origin };
      }
    }
  },
};

export function proxies(model: Model): Application[] {
  return [...model.applications.values()].filter(({ id }) => model.proxies.isProxy(id));
}
