import type { Facts } from '../../review/model/facts';
import { proxiesOf } from '../circumstances';
import { CATALOG, metadata, properties, unlessEmpty, uuidOf, type OscalVersion, type Property } from './document';

interface Component {
  readonly title: string;
  readonly type: 'software' | 'network' | 'validation';
  readonly description: string;
  /** What the component does for a control, by control id. */
  readonly controls: Readonly<Record<string, string>>;
  /** The properties that the code shows. */
  readonly of: (facts: Facts) => readonly Property[];
}

const COMPONENTS: readonly Component[] = [
  {
    title: 'Egress proxy',
    type: 'software',
    description: 'A squid proxy on an internal route, which lets requests out to the hosts and ports of its list.',
    controls: {
      'ac-4':
        'Requests go to listed hosts and ports alone; private and metadata addresses are refused behind listed names too.',
      'sc-7': 'It is the managed interface by which applications of closed spaces reach the internet.',
      'sc-7.5': 'What is not on its list is refused.',
      'sc-7.8': 'HTTP, and TLS in tunnels, goes through it; clients with lists of their own authenticate.',
    },
    of: (facts) => {
      const { list, images = [] } = proxiesOf(facts);
      return [
        ...facts.applications.flatMap(({ id, allowlist }) => [
          ...(allowlist === undefined ? [] : properties('proxy', id)),
          ...properties(
            'allowed-destination',
            ...(allowlist?.lines ?? []).map(({ client, text }) => (client === undefined ? text : `${client} ${text}`)),
          ),
        ]),
        ...properties('allowlist-sha256', list),
        ...properties('image', ...images),
      ];
    },
  },
  {
    title: 'Spaces, security groups and network policies',
    type: 'network',
    description: 'Closed spaces, from which only what their security groups and network policies name is reached.',
    controls: {
      'ac-4': 'The platform drops packets that no security group and no network policy allows.',
      'ca-9': 'Each connection between applications is a network policy in the code.',
      'sc-7': 'Applications that need egress and the proxy that has it are in spaces of their own.',
      'sc-7.5': 'A closed space has no security group that opens the internet.',
    },
    of: ({ spaces, bindings, policies }) => [
      ...spaces.flatMap(({ id }) => {
        const groups = bindings.filter(({ space, stage }) => space === id && stage === 'running');
        return properties('space', [id, ...groups.map(({ group }) => group).sort()].join(' '));
      }),
      ...properties('network-policy', ...policies.map(({ source, destination }) => `${source} to ${destination}`)),
    ],
  },
  {
    title: 'Review, audit and packet tests',
    type: 'validation',
    description: 'Checks of a change before it is merged, of the platform against the code, and of what packets do.',
    controls: {
      'ca-7': 'Audits and packet tests run by schedule, and each leaves a record.',
      'cm-2': 'The code is the baseline, with which the platform is compared.',
      'cm-3': 'What a change opens is said in its pull request, and waits for an approval of exactly that.',
      'cm-3.2': 'A change is reviewed before it is merged.',
      'cm-6': 'Groups, policies and lists that deviate from the code are found.',
      'cm-7.1': 'Policies and entries that nobody uses are found.',
    },
    of: () => [],
  },
];

/** @param facts of the program, whose spaces, policies and lists become properties */
export function componentDefinition(
  facts: Facts | undefined,
  { now, version, oscal }: { readonly now: Date; readonly version: string; readonly oscal: OscalVersion },
): object {
  return {
    'component-definition': {
      uuid: uuidOf('component definition', now.toISOString()),
      metadata: metadata('Egress of Cloud Foundry spaces', now, version, oscal),
      components: COMPONENTS.map(({ title, type, description, controls, of }) => ({
        uuid: uuidOf('component', title),
        type,
        title,
        description,
        ...unlessEmpty('props', facts === undefined ? [] : of(facts)),
        'control-implementations': [
          {
            uuid: uuidOf('control implementation', title),
            source: CATALOG,
            description:
              'What it does for controls of NIST SP 800-53 Rev. 5, each in part: what else they ask is not its own.',
            'implemented-requirements': Object.entries(controls).map(([id, what]) => ({
              uuid: uuidOf('requirement', title, id),
              'control-id': id,
              description: what,
            })),
          },
        ],
      })),
    },
  };
}

/** Ids of the controls that each component supports. */
export const IMPLEMENTED: readonly string[] = [
  ...new Set(COMPONENTS.flatMap(({ controls }) => Object.keys(controls))),
].sort();
