import { isKnownGroup } from '../model/reach';
import type { Model } from '../model/model';
import type { Observation } from './document';
import { internetBy, type Described } from './describe';

interface Kind {
  readonly id: string;
  readonly title: string;
  /** Why somebody should look at it. */
  readonly why: string;
  readonly find: (model: Model, described: Described) => Iterable<Omit<Observation, 'kind'>>;
}

/** What somebody should look at, even though it is allowed. */
export const KINDS: readonly Kind[] = [
  {
    id: 'proxy-not-needed',
    title: 'a client that reaches everything without its proxy',
    why: 'the proxy and its list restrict nothing: close the space, or remove the policy',
    *find(model, { applications }) {
      for (const { id, space, proxies } of applications) {
        const direct = model.egress(space).known;
        for (const { proxy } of proxies) {
          const { names } = model.proxies.through(proxy, id);
          if (names.isEmpty || !names.outside(direct).isEmpty) continue;
          yield { subject: id, message: `its space opens everything that it reaches through ${proxy}` };
        }
      }
    },
  },
  {
    id: 'open-space-empty',
    title: 'a space that is open to the internet and has no application',
    why: 'the next application that is pushed there reaches the internet: unbind the groups until they are needed',
    *find(model, { spaces }) {
      for (const { id, running } of spaces) {
        if (running.internet !== 'yes' || model.applicationsIn(id).length > 0) continue;
        const opening = model
          .groupsOf(id)
          .filter(({ reach, binding }) => binding !== undefined && internetBy(reach) === 'yes')
          .map(({ group }) => group);
        if (opening.length > 0)
          yield { subject: id, message: `${opening.join(', ')} opens the internet, but there is no application` };
      }
    },
  },
  {
    id: 'policy-unused',
    title: 'a network policy with an end that does not run',
    why: 'nobody watches access that nobody needs: remove the policy',
    *find(_, { applications, policies }) {
      const stopped = new Set(applications.filter((one) => one.stopped).map(({ id }) => id));
      const known = new Set(applications.map(({ id }) => id));
      for (const { source, destination, protocol, ports } of policies) {
        for (const end of [source, destination]) {
          if (known.has(end) && !stopped.has(end)) continue;
          const state = known.has(end) ? `${end} is stopped` : `there is no application with the id ${end}`;
          yield { subject: source, message: `may connect to ${destination} on ${protocol} ${ports}, and ${state}` };
          break;
        }
      }
    },
  },
  {
    id: 'group-by-hand',
    title: 'a security group that is not part of the platform',
    why: 'only its author knows its purpose: manage it in code, or remove it',
    *find(_, { groups }) {
      for (const { name, everywhere, running, staging, opens } of groups) {
        if (isKnownGroup(name) || everywhere.running !== 'no' || everywhere.staging !== 'no') continue;
        const spaces = [...new Set([...running, ...staging])];
        yield { subject: name, message: `bound to ${spaces.join(', ')}; opens ${opens.join('; ') || 'nothing'}` };
      }
    },
  },
  {
    id: 'ssh-on',
    title: 'an application in which space developers may open a shell',
    why: 'anyone with a shell sees its variables and reaches whatever it reaches',
    *find(_, { applications }) {
      for (const { id, ssh, elsewhere, internet } of applications) {
        if (elsewhere !== undefined || ssh !== 'yes') continue;
        yield { subject: id, message: `a shell is allowed; to the internet: ${internet}` };
      }
    },
  },
];

export function observationsOf(model: Model, described: Described): Observation[] {
  return KINDS.flatMap(({ id, find }) => [...find(model, described)].map((found) => ({ kind: id, ...found })));
}
