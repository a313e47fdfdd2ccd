import { FOLDER, lines, type Peer, portsOf } from './peer';

/**
 * Caddy with forwardproxy as GSA-TTS/cg-egress-proxy deploys it: a file of allowed hosts, then `deny all`, one set of ports,
 * and a line of JSON for each request.
 *
 * @see https://github.com/GSA-TTS/cg-egress-proxy
 */
export const caddy: Peer = {
  name: 'Caddy',
  files: ({ port, destinations, credentials }) => ({
    Caddyfile: lines(
      '{',
      '  admin off',
      '  auto_https off',
      '  persist_config off',
      '}',
      `:${port} {`,
      '  route {',
      '    forward_proxy {',
      ...(credentials === undefined ? [] : [`      basic_auth "${credentials.user}" "${credentials.password}"`]),
      `      ports ${portsOf(destinations).join(' ')}`,
      '      acl {',
      `        allow_file ${FOLDER}/allow`,
      '        deny all',
      '      }',
      '    }',
      '  }',
      '  log {',
      '    output stdout',
      '    format json',
      '  }',
      '}',
    ),
    allow: lines(...destinations.map(({ host, below }) => (below ? `*.${host}` : host))),
  }),
  command: `XDG_DATA_HOME=/tmp XDG_CONFIG_HOME=/tmp exec caddy run --adapter caddyfile --config ${FOLDER}/Caddyfile`,
};
