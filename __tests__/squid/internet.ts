/**
 * The internet for the proxy's tests: a name server and web servers in one container. This is a program, not a test:
 * `laboratory.ts` bundles it, and starts it with its table of names as the only argument.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import * as dns from 'dns-packet';

const TTL_SECONDS = 1;
const PORTS = [80, 443, 8443];
const GREETING_PORTS = [22, 25];
const TLS_HANDSHAKE = 0x16;
/** Whether to print the first bytes of each connection. */
const RECORDS = process.argv[3] === 'records';
const RECORDED_BYTES = 32 * 1024;
const MUCH = Buffer.alloc(64 * 1024, 'much');

/**
 * Addresses by name; a name under in-addr.arpa has host names instead. `*.` matches any name below. A name below one
 * that begins with `turns.` resolves to its first address at the first query, to the second at the second, and so on. A
 * query for a name that begins with `silence.` gets no answer.
 */
const names = JSON.parse(process.argv[2] ?? '{}') as Record<string, readonly string[]>;

const lookUp = (name: string): readonly string[] | undefined =>
  names[name] ?? names[`*.${name.split('.').slice(1).join('.')}`];

const queries = new Map<string, number>();

const inTurn = (name: string, values: readonly string[]): readonly string[] => {
  const query = queries.get(name) ?? 0;
  queries.set(name, query + 1);
  return [values[Math.min(query, values.length - 1)] ?? ''];
};

const answersTo = ({ name, type }: dns.Question): dns.Answer[] => {
  const values = lookUp(name.toLowerCase()) ?? [];
  const addresses = values.filter((value) => value.includes(':') === (type === 'AAAA'));
  if (type === 'A' && name.includes('.turns.')) {
    return inTurn(name, addresses).map((data) => ({ type, name, ttl: 0, data }));
  }
  if (type === 'A' || type === 'AAAA') return addresses.map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
  if (type === 'PTR') return values.map((data) => ({ type, name, ttl: TTL_SECONDS, data }));
  return [];
};

const nameServer = createSocket('udp4');
nameServer.on('message', (message, from) => {
  const query = dns.decode(message);
  const questions = query.questions ?? [];
  if (questions.some(({ name }) => name.toLowerCase().startsWith('silence.'))) return;
  for (const { name, type } of questions) console.log(JSON.stringify({ query: name.toLowerCase(), type }));
  const known = questions.every(({ name }) => lookUp(name.toLowerCase()) !== undefined);
  const NXDOMAIN = 3;
  const reply = dns.encode({
    type: 'response',
    id: query.id,
    flags: dns.RECURSION_DESIRED | dns.RECURSION_AVAILABLE | (known ? 0 : NXDOMAIN),
    questions,
    answers: questions.flatMap(answersTo),
  });
  nameServer.send(reply, from.port, from.address);
});
nameServer.bind(53);

const answer: RequestListener = (request, response) => {
  if (request.url === '/echo') {
    request.pipe(response);
    return;
  }
  if (request.url === '/forbidden') {
    response.writeHead(403).end();
    return;
  }
  // Reads nothing and sends nothing, or sends as much as the client reads.
  if (request.url === '/silence') return;
  if (request.url === '/flood') {
    const say = (): void => {
      while (!response.destroyed && response.write(MUCH));
    };
    response.on('drain', say);
    say();
    return;
  }
  // A header with as many lines as fit into 7 KB, and no body.
  if (request.url === '/lines') {
    request.socket.write(`HTTP/1.1 200 OK\r\n${'a:\n'.repeat(2_400)}Content-Length: 9\r\n\r\n`);
    return;
  }
  const { localAddress = '', localPort: port } = request.socket;
  const address = localAddress.replace(/^::ffff:/, '');
  const { servername } = request.socket as Partial<TLSSocket>;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ address, port, servername, url: request.url, headers: request.headers }));
};

/** The clients in these tests trust any certificate, because they don't test who answers. */
const selfSigned = (): { key: string; cert: string } => {
  const pem = execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=internet -config /dev/null -keyout -'.split(
      ' ',
    ),
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { key: pem, cert: pem };
};

// Each port supports HTTP with and without TLS, so that a tunnel that the proxy shouldn't have allowed gets an answer.
const plain = createHttpServer(answer);
const secure = createHttpsServer(selfSigned(), answer);
for (const port of PORTS) {
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      if (RECORDS) {
        const address = socket.localAddress?.replace(/^::ffff:/, '');
        console.log(
          JSON.stringify({ reached: { address, port, first: first.subarray(0, RECORDED_BYTES).toString('base64') } }),
        );
      }
      socket.pause();
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? secure : plain).emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  }).listen(port);
}

// A server that speaks first, like SSH and mail servers.
for (const port of GREETING_PORTS) {
  createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('SSH-2.0-internet\r\n');
    socket.pipe(socket);
  }).listen(port);
}

process.on('SIGTERM', () => process.exit(0));
console.log(JSON.stringify({ ready: true }));
