import { FOLDER, lines, type Peer, portsOf } from './peer';

/** Debian's tinyproxy, with its list as a file of regular expressions. */
export const tinyproxy: Peer = {
  name: 'tinyproxy',
  files: ({ port, destinations, credentials }) => ({
    'tinyproxy.conf': lines(
      `Port ${port}`,
      'Timeout 600',
      // Otherwise, it serves at most 100 clients.
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
