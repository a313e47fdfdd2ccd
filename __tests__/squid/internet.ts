/**
 * The internet that the proxy's tests send requests to: a name server and web servers, run as one container. A program,
 * not a test: `laboratory.ts` bundles it and starts it with its table of names as the only argument.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import * as dns from 'dns-packet';

const TTL_SECONDS = 1;
const PORTS = [80, 443, 8443];

/** Name to IPv4 addresses; a name under in-addr.arpa has host names instead. `*.` stands for any name below. */
const names = JSON.parse(process.argv[2] ?? '{}') as Record<string, readonly string[]>;

const lookUp = (name: string): readonly string[] | undefined =>
  names[name] ?? names[`*.${name.split('.').slice(1).join('.')}`];

const answersTo = ({ name, type }: dns.Question): dns.Answer[] => {
  const values = lookUp(name.toLowerCase()) ?? [];
  if (type === 'A') return values.map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
  if (type === 'PTR') return values.map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
  return [];
};

const nameServer = createSocket('udp4');
nameServer.on('message', (message, from) => {
  const query = dns.decode(message);
  const questions = query.questions ?? [];
  for (const { name, type } of questions) console.log(JSON.stringify({ query: name.toLowerCase(), type }));
  const known = questions.every(({ name }) => lookUp(name.toLowerCase()) !== undefined);
  const NXDOMAIN = 3;
  const answer = dns.encode({
    type: 'response',
    id: query.id,
    flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE | (known ? 0 : NXDOMAIN),
    questions,
    answers: questions.flatMap(answersTo),
  });
  nameServer.send(answer, from.port, from.address);
});
nameServer.bind(53);

// Port 443 speaks HTTP as well: what is inside a tunnel is not the proxy's business.
for (const port of PORTS) {
  createServer((request, response) => {
    const { localAddress: address, localPort } = request.socket;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ address, port: localPort, url: request.url, headers: request.headers }));
  }).listen(port, '0.0.0.0');
}

process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ ready: true }));
