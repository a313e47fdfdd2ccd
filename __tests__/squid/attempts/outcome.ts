import type { Places } from './setting';

const TLS_ALERT = '\x15\x03';

interface FarEnd {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The location of the server that answered, if it isn't the sites' machine. */
function placeOf(address: string, { site, nobody, privateAddress }: Places): string {
  const plain = address.replace(/^::ffff:/, '');
  const places: Readonly<Record<string, string>> = {
    [site]: '',
    [nobody]: "at a stranger's address",
    [privateAddress]: 'at a private address',
    '127.0.0.1': 'on the proxy itself',
    '::1': 'on the proxy itself',
    '169.254.169.254': 'at the metadata address',
    '64:ff9b::a9fe:a9fe': 'at the metadata address',
    '100.64.0.1': 'at a shared address',
    'fd00:ec2::254': 'at a private address',
  };
  return places[plain] ?? `at ${plain}`;
}

/** A server's own answer is JSON: the site that the request named, and the server's address. */
export function reached(body: string, places: Places): string {
  const { address, headers } = JSON.parse(body) as FarEnd;
  return ['reached', headers.host ?? 'no host', placeOf(address, places)].filter((word) => word !== '').join(' ');
}

/** One answer: that of the server, or otherwise the proxy's status and the name of squid's error page. */
function describe(answer: string, places: Places): string {
  const body = /\{"address":.*\}/s.exec(answer)?.[0];
  if (body !== undefined) return reached(body, places);
  const status = /^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? 'nonsense';
  const page = /X-Squid-Error: (?:\d+:)?(\w+)/.exec(answer)?.[1];
  return page === undefined ? status : `${status} ${page}`;
}

/** Describes what arrived on a connection, answer by answer. */
export function outcomeOf(received: string, places: Places): string {
  if (received === '') return 'cut';
  if (received.startsWith(TLS_ALERT)) return 'a TLS alert';
  const answers = received.split(/(?=HTTP\/1\.[01] \d{3} )/);
  return answers.map((answer) => describe(answer, places)).join(', ');
}
