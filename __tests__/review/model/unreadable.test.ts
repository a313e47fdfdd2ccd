import fc from 'fast-check';
import { allowlistOf } from '../../../review/model/allowlist-facts';

const unreadable = (text: string) =>
  allowlistOf(new Map([['EGRESS_ALLOW', text]]))?.lines.filter(({ error }) => error !== undefined);

describe('a line of an allowlist that can’t be read', () => {
  it('is shown only as its length and hash, because it could be a secret that got there by mistake', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=$!@]{4,60}$/).map((text) => `hunter2:${text}`);
    fc.assert(
      fc.property(secret, (text) => {
        const lines = unreadable(text);
        expect(lines).toHaveLength(1);
        expect(JSON.stringify(lines)).not.toContain(text);
        expect(JSON.stringify(lines)).toContain(`${text.length} characters, SHA-256 `);
      }),
    );
  });

  it.each(['10.0.0.1', '10.0.0.1:443', '[fd00:ec2::254]:80', '169.254.169.254'])(
    'is repeated if it is nothing but an address: %s',
    (text) => {
      expect(unreadable(text)).toEqual([expect.objectContaining({ text })]);
    },
  );

  it.each(['10.0.0.1 hunter2', '1.1.1.1.hunter2', '::1/hunter2', 'metadata.google.internal hunter2'])(
    "isn't repeated if it only begins like an address: %s",
    (text) => {
      expect(JSON.stringify(unreadable(text))).not.toContain('hunter2');
    },
  );
});

describe('a Caddyfile', () => {
  const facts = (config: string, environment: ReadonlyMap<string, string> = new Map()) =>
    allowlistOf(new Map([...environment, ['CONFIG_CONTENT', config]]));

  it("can't be read if it is nested deeper than any real one", () => {
    const deep = (levels: number): string =>
      `:8080 {\nforward_proxy\n${'route {\n'.repeat(levels)}${'}\n'.repeat(levels)}}`;
    expect(facts(deep(10))?.unknown).toEqual([]);
    expect(facts(deep(100_000))?.unknown[0]?.because).toMatch(/can't be read/);
  });

  it("doesn't count as one that can't be read if the program that reads it has a mistake", () => {
    class Broken extends Map<string, string> {
      override get(name: string): string | undefined {
        if (name === 'BROKEN') throw new TypeError('a mistake');
        return super.get(name);
      }
    }
    const environment = new Broken([['CONFIG_CONTENT', ':8080 {\nforward_proxy {$BROKEN}\n}']]);
    expect(() => allowlistOf(environment)).toThrow('a mistake');
  });
});
