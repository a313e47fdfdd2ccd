import { Egress } from '../../../constructs';
import { demo, type Demo } from './demo';

export const BEFORE = demo();

/** Five typical changes, each with its comment in docs/plan-review.md. */
export const CHANGES: readonly { readonly title: string; readonly file: string; readonly change: Demo }[] = [
  { title: 'a new host', file: 'new-host', change: { allow: ['www.example.com:443', 'api.example.gov:443'] } },
  { title: 'a new client', file: 'new-client', change: { clients: ['batch'] } },
  { title: 'another posture of a space', file: 'posture', change: { egress: Egress.PUBLIC } },
  { title: 'a public route on the proxy', file: 'public-route', change: { publicProxy: true } },
  { title: 'the proxy removed', file: 'no-proxy', change: { proxy: false } },
];
