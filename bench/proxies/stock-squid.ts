import { FOLDER, lines, type Peer } from './peer';

/** Debian's squid with the rules of its own squid.conf and the list as `dstdomain`, the way most guides write it. */
export const stockSquid: Peer = {
  name: 'stock squid',
  files: ({ port, destinations }) => ({
    'squid.conf': lines(
      `http_port ${port}`,
      'acl SSL_ports port 443 22',
      'acl Safe_ports port 80 21 443 70 210 1025-65535 280 488 591 777 22',
      `acl listed dstdomain "${FOLDER}/allow"`,
      'http_access deny !Safe_ports',
      'http_access deny CONNECT !SSL_ports',
      'http_access allow localhost manager',
      'http_access deny manager',
      'http_access allow listed',
      'http_access deny all',
      'pid_filename none',
      'coredump_dir none',
      'access_log stdio:/dev/stdout',
      'cache_log stdio:/dev/stderr',
    ),
    allow: lines(...destinations.map(({ host, below }) => `${below ? '.' : ''}${host}`)),
  }),
  command: `exec squid -N -f ${FOLDER}/squid.conf`,
};
