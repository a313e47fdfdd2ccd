import { formatEnvelope } from '../../src/local/logs';

describe('a line of a log', () =>
  it('is printed as by the cf CLI', () => {
    const payload = Buffer.from('Grüße').toString('base64');
    expect(
      formatEnvelope({
        timestamp: '1764000000123456789',
        instance_id: '0',
        tags: { source_type: 'APP/PROC/WEB' },
        log: { payload, type: 'OUT' },
      }),
    ).toBe('2025-11-24T16:00:00.123Z [APP/PROC/WEB/0] OUT Grüße');
  }));
