import { CloudError } from '../../src/cloud/errors';
import { parseRules } from '../../src/cloud/security-groups';

const PORTS =
  'ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string';
const DESTINATION = 'destination must be a valid CIDR, IP address, or IP address range and may not contain whitespace';

const tcp = (destination: string, ports = '443') => ({ protocol: 'tcp', destination, ports });

describe('a security group rule', () => {
  test.each([
    tcp('10.0.0.1'),
    tcp('10.0.0.0/8', '80,443'),
    tcp('10.0.0.1-10.0.0.9', '8000-9000'),
    tcp('10.0.0.1,10.1.0.0/16'),
    { protocol: 'udp', destination: '0.0.0.0/0', ports: '53', log: true, description: 'DNS' },
    { protocol: 'icmp', destination: '10.0.0.1', type: -1, code: 255 },
    { protocol: 'all', destination: '0.0.0.0-9.255.255.255' },
  ])('%j is accepted unchanged', (rule) => expect(parseRules([rule])).toEqual([rule]));

  test.each([
    [
      { protocol: 'tcp', destination: '10.0.0.1' },
      `Rules[0]: ports are required for protocols of type TCP and UDP, Rules[0]: ${PORTS}`,
    ],
    [tcp('10.0.0.1', '0'), `Rules[0]: ${PORTS}`],
    [tcp('10.0.0.1', '65536'), `Rules[0]: ${PORTS}`],
    [tcp('10.0.0.1', '90-80'), `Rules[0]: ${PORTS}`],
    [tcp('10.0.0.1', '80-90,100'), `Rules[0]: ${PORTS}`],
    [{ ...tcp('10.0.0.1'), ports: 443 }, `Rules[0]: ${PORTS}`],
    [tcp('10.0.0.256'), `Rules[0]: ${DESTINATION}`],
    [tcp('10.0.0.01'), `Rules[0]: ${DESTINATION}`],
    [tcp('10.0.0.0/33'), `Rules[0]: ${DESTINATION}`],
    [tcp('10.0.0.9-10.0.0.1'), `Rules[0]: ${DESTINATION}`],
    [tcp('10.0.0.1, 10.0.0.2'), `Rules[0]: ${DESTINATION}`],
    [tcp('www.example.com'), `Rules[0]: ${DESTINATION}`],
    [
      { protocol: 'all', destination: '10.0.0.1', ports: '80' },
      'Rules[0]: ports are not allowed for protocols of type all',
    ],
    [
      { protocol: 'icmp', destination: '10.0.0.1', type: 300 },
      'Rules[0]: type must be an integer between -1 and 255 (inclusive), Rules[0]: code is required for protocols of type ICMP',
    ],
    [{ ...tcp('10.0.0.1'), color: 'red' }, 'Rules[0]: unknown field(s): ["color"]'],
    [
      { protocol: 'sctp', destination: '10.0.0.1' },
      "Rules[0]: protocol must be 'tcp', 'udp', 'icmp', 'icmpv6' or 'all'",
    ],
  ])("%j is refused in the platform's words", (rule, message) => {
    expect(() => parseRules([rule])).toThrow(message);
    expect(() => parseRules([rule])).toThrow(CloudError);
  });

  test('each is named by its index, and all problems are reported at once', () =>
    expect(() => parseRules([tcp('10.0.0.1'), tcp('x'), tcp('y')])).toThrow(
      `Rules[1]: ${DESTINATION}, Rules[2]: ${DESTINATION}`,
    ));

  test('null instead of a rule means none', () => expect(parseRules([null])).toEqual([]));
});
