/**
 * A mail service on the laboratory's internet: SMTP with STARTTLS and a user. This is a program, not a test. It prints
 * its certificate, and then each mail that it accepts, as lines of JSON.
 */
import { execFileSync } from 'node:child_process';
import { SMTPServer } from 'smtp-server';

const NAME = 'smtp.example.org';
const PORT = 587;

const pem = execFileSync(
  'openssl',
  [
    ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config /dev/null -keyout -'.split(' '),
    ...[
      '-subj',
      `/CN=${NAME}`,
      '-addext',
      `subjectAltName=DNS:${NAME}`,
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ],
  ],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
);

const server = new SMTPServer({
  key: pem,
  cert: pem,
  onAuth({ username, password }, { secure }, done) {
    const right = secure && username === 'web' && password === 'secret';
    done(right ? null : new Error('535 who are you'), { user: username });
  },
  onData(stream, { secure, user, envelope }, done) {
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    stream.on('end', () => {
      const to = envelope.rcptTo.map(({ address }) => address);
      console.log(JSON.stringify({ mail: { secure, user: String(user), to, text } }));
      done();
    });
  },
});
server.on('error', () => undefined);
server.listen(PORT, () => {
  console.log(
    JSON.stringify({ certificate: /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.exec(pem)?.[0] }),
  );
});
process.on('SIGTERM', () => process.exit(0));
