import { createHash } from 'node:crypto';
import { SAMPLE_OBJECTS } from '../../src/internet/buckets';

describe('the sample objects', () =>
  it('have known checksums', () => {
    const sums = SAMPLE_OBJECTS.map(({ key, size, content }) => {
      const bytes = content();
      expect(bytes).toHaveLength(size);
      return [key, size, createHash('sha256').update(bytes).digest('hex')];
    });
    expect(sums).toEqual([
      ['small.txt', 1024, '472c8de26272fb590e927736d4a37383cd7002e2fe2501fc77f2ba5acb105518'],
      ['large.bin', 67_108_864, 'f30fb789a9f52beedf72cacba5240bcd34e513150a201daab9f24dde4051556d'],
    ]);
  }));
