import type { Cloud } from '../cloud/cloud';
import { createPolicies, deletePolicies, listPolicies, parsePolicies, PolicyError } from '../cloud/policies';
import type { Policy } from '../cloud/records';
import { get, post, type Answer, type Endpoint } from './endpoint';

const PREFIX = '/networking/';
const POLICIES = '/networking/v1/external/policies';

export const isPolicyPath = (url: string): boolean => url.startsWith(PREFIX);

export const presentPolicyError = (message: string) => ({ error: message });

const presentPolicy = ({ sourceAppGuid, destinationAppGuid, protocol, startPort, endPort }: Policy) => ({
  source: { id: sourceAppGuid },
  destination: { id: destinationAppGuid, protocol, ports: { start: startPort, end: endPort } },
});

/** The policy server labels its JSON as plain text. */
const answer = (body: object): Answer => ({
  status: 200,
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
});

const read = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PolicyError(400, `mapper: unmarshal json: ${error instanceof Error ? error.message : String(error)}`);
  }
};

export const policies = (cloud: Cloud): readonly Endpoint[] => [
  get(
    POLICIES,
    'policy:read',
    ({ access, query }) => {
      const found = listPolicies(cloud.state, access, query['id']?.split(','));
      return answer({ total_policies: found.length, policies: found.map(presentPolicy) });
    },
    { query: ['id'], filtered: true },
  ),
  post(POLICIES, 'policy:write', ({ access, text }) => {
    const edges = parsePolicies(read(text));
    cloud.transact((state) => createPolicies(state, access, edges));
    return answer({});
  }),
  post(`${POLICIES}/delete`, 'policy:write', ({ access, text }) => {
    const edges = parsePolicies(read(text));
    cloud.transact((state) => deletePolicies(state, access, edges));
    return answer({});
  }),
];
