import { FOLDER, lines, type Peer, portsOf } from './peer';

/** Debian's tinyproxy, its list a file of regular expressions. */
export const tinyproxy: Peer = {
  name: 'tinyproxy',
  files: ({ port, destinations, credentials }) => ({
    'tinyproxy.conf': lines(
      `Port ${port}`,
      'Timeout 600',
      // Without it no more than 100 clients are served.
      'MaxClients 20000',
      `Filter "${FOLDER}/filter"`,
      'FilterExtended On',
      'FilterDefaultDeny Yes',
      ...portsOf(destinations).map((allowed) => `ConnectPort ${allowed}`),
      ...(credentials === undefined ? [] : [`BasicAuth ${credentials.user} ${credentials.password}`]),
    ),
    filter: lines(
      ...destinations.map(({ host, below }) => `${below ? '(^|\\.)' : '^'}${host.replaceAll('.', '\\.')}$`),
    ),
  }),
  command: `exec tinyproxy -d -c ${FOLDER}/tinyproxy.conf`,
};
