import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { DecodedPacket, Packet } from 'dns-packet';

/** Resolves names that the foundation is authoritative for; `undefined` for all others. */
export type Authority = (name: string) => readonly string[] | undefined;

/** Whether to answer a query, forward it, or drop it. */
type Verdict =
  | { readonly kind: 'answer'; readonly reply: Buffer }
  | { readonly kind: 'forward'; readonly failure: Buffer }
  | { readonly kind: 'drop' };

const RCODE = { FORMERR: 1, SERVFAIL: 2, NOTIMP: 4 } as const;
const DROP: Verdict = { kind: 'drop' };
const HEADER = 12;
const RESPONSE_BIT = 0x80;
/** All zero for a query. */
const OPCODE_BITS = 0x78;
/** Bytes of a datagram for a client that doesn't announce a larger size. */
const PLAIN_UDP = 512;

/**
 * Answers for type A with all addresses and TTL 0. For any other type, the answer for an existing name is empty, not
 * NXDOMAIN.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/routes-domains.html#internal-routes
 */
export function answer(query: Buffer, authority: Authority, transport: 'udp' | 'tcp', shuffle = shuffled): Verdict {
  const flags = query[2];
  // Answering a response could loop forever.
  if (query.length < HEADER || flags === undefined || (flags & RESPONSE_BIT) !== 0) return DROP;
  const packet = read(query);
  const question = packet?.questions?.[0];
  if (!packet || packet.questions?.length !== 1 || !question) return refusal(query, RCODE.FORMERR);
  if ((flags & OPCODE_BITS) !== 0) return refusal(query, RCODE.NOTIMP);

  const addresses = authority(question.name.toLowerCase());
  if (!addresses) return { kind: 'forward', failure: failed(query, RCODE.SERVFAIL, packet.questions) };
  const answers = question.type === 'A' && question.class === 'IN' ? shuffle(addresses) : [];
  const limit = transport === 'tcp' ? Infinity : datagramLimit(packet);
  return { kind: 'answer', reply: fit(packet, question.name, answers, limit) };
}

function read(query: Buffer): DecodedPacket | undefined {
  try {
    return decode(query);
  } catch {
    return undefined;
  }
}

/** As many addresses as fit, marked as truncated if there are more, since some resolvers never retry over TCP. */
function fit(query: DecodedPacket, name: string, addresses: readonly string[], limit: number): Buffer {
  const build = (count: number): Buffer =>
    encode(response(query, name, addresses.slice(0, count), count < addresses.length));
  let reply = build(addresses.length);
  for (let count = addresses.length - 1; reply.length > limit && count >= 0; count -= 1) reply = build(count);
  return reply;
}

function response(query: DecodedPacket, name: string, addresses: readonly string[], truncated: boolean): Packet {
  return {
    type: 'response',
    id: query.id ?? 0,
    flags:
      AUTHORITATIVE_ANSWER |
      RECURSION_AVAILABLE |
      (query.flag_rd ? RECURSION_DESIRED : 0) |
      (truncated ? TRUNCATED_RESPONSE : 0),
    questions: query.questions ?? [],
    answers: addresses.map((data) => ({ type: 'A', class: 'IN', name, ttl: 0, data })),
  };
}

function datagramLimit({ additionals = [] }: DecodedPacket): number {
  const size = additionals.find((record) => record.type === 'OPT')?.udpPayloadSize ?? PLAIN_UDP;
  return Math.max(PLAIN_UDP, size);
}

function refusal(query: Buffer, rcode: number): Verdict {
  return { kind: 'answer', reply: failed(query, rcode) };
}

/**
 * An error response with the query's header, which is all that is known of a malformed query. For a forwarded query it
 * repeats the question: squid takes an error without one for a broken answer, and waits for another.
 */
function failed(query: Buffer, rcode: number, questions: Packet['questions'] = []): Buffer {
  const reply = encode({ type: 'response', questions });
  query.copy(reply, 0, 0, 2);
  reply[2] = (query[2] ?? 0) | RESPONSE_BIT;
  reply[3] = 0x80 | rcode;
  return reply;
}

function shuffled(addresses: readonly string[]): string[] {
  const drawn = addresses.map((address) => [Math.random(), address] as const);
  return drawn.sort(([one], [other]) => one - other).map(([, address]) => address);
}
