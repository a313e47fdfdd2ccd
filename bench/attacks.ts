/**
 * Runs everything in `__tests__/squid/attempts` against this proxy and its peers, each with the same list as far as it
 * can express it. Writes the tables of squid/docs/attacks.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALLOW, type Attempt, GROUPS, gotThrough, names, type Places } from '../__tests__/squid/attempts';
import { docker, LABEL, removeAll } from '../__tests__/squid/docker';
import { type Laboratory, type Proxy, startLaboratory } from '../__tests__/squid/laboratory';
import { generatedPart, withGenerated, table } from '../tools/markdown';
import { REPOSITORY } from '../tools/platform';
import { type Benchmark, inScratch } from './benchmark';
import { buildPeers, caddy, FOLDER, listed, type Peer, smokescreen, stockSquid, tinyproxy } from './proxy/peers';

const PEERS: readonly Peer[] = [stockSquid, caddy, smokescreen, tinyproxy];
export const PAGE = join(REPOSITORY, 'squid', 'docs', 'attacks.md');
/** The text of the markers around the tables. */
export const PART = 'attempts: npm run bench:attacks';
const PORT = 3128;

export const benchmark: Benchmark = {
  what: 'what gets round this proxy and its peers, for squid/docs/attacks.md',
  rounds: 1,
  buildsImages: true,
  run: (_rounds, print) =>
    inScratch(async (scratch) => {
      try {
        const laboratory = await startLaboratory((site, privateAddress, nobody) =>
          names({ site, privateAddress, nobody }),
        );
        const { site, nobody, private: inside } = laboratory;
        const places = { site, nobody, privateAddress: inside.address, queries: () => laboratory.queries() };
        const image = `${laboratory.image}-peers`;
        await buildPeers(laboratory.internet.image, image, print);
        await giveAddress(laboratory.internet.container, image, `${nobody}/32`);

        const attackOne = async (name: string, proxy: Proxy): Promise<Answers> => {
          await addNeighbours(proxy.container, image, laboratory.internet.image);
          const outcomes = await attack(proxy, places);
          print(`${name}: ${countThrough(outcomes)} of ${outcomes.size} get through`);
          return { name, outcomes };
        };
        const answers = [await attackOne('this proxy', await laboratory.startProxy({ allow: ALLOW }))];
        for (const peer of PEERS) {
          answers.push(await attackOne(peer.name, await startPeer(laboratory, image, peer, scratch)));
        }
        writeFileSync(PAGE, withGenerated(readFileSync(PAGE, 'utf8'), PART, attemptTables(answers)));
        print('the tables are in squid/docs/attacks.md');
      } finally {
        await removeAll();
      }
    }),
};

async function startPeer(laboratory: Laboratory, image: string, peer: Peer, scratch: string): Promise<Proxy> {
  const folder = join(scratch, peer.name);
  mkdirSync(folder);
  const files = peer.files({ port: PORT, destinations: ALLOW.map(listed) });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return laboratory.startProxy({
    image,
    arguments: ['--volume', `${folder}:${FOLDER}:ro`, '--tmpfs', '/tmp'],
    command: [peer.command],
  });
}

/** Adds an address to a running container. */
async function giveAddress(container: string, image: string, address: string): Promise<void> {
  const once = ['run', '--rm', '--label', LABEL, '--user', '0', '--cap-add', 'NET_ADMIN'];
  await docker(...once, '--network', `container:${container}`, image, `ip address add ${address} dev lo`);
}

/** Forbidden addresses that names in the table lead to: without a server there, a hole would look like a refusal. */
const NEIGHBOURS = ['169.254.169.254/32', '100.64.0.1/32', 'fd00:ec2::254/128', '64:ff9b::a9fe:a9fe/128'];

/** Starts a server at these addresses and at the proxy's own loopback. */
async function addNeighbours(container: string, image: string, internetImage: string): Promise<void> {
  for (const address of NEIGHBOURS) await giveAddress(container, image, address);
  await docker('run', '--detach', '--label', LABEL, '--network', `container:${container}`, internetImage);
}

/** Attempts that mostly wait run in parallel with the others, which run one after the other. */
async function attack(proxy: Proxy, places: Places): Promise<Map<Attempt, string>> {
  const all = GROUPS.flatMap(({ attempts }) => attempts);
  const begun = new Map(all.filter(({ slow }) => slow).map((attempt) => [attempt, attempt.send(proxy, places)]));
  const outcomes = new Map<Attempt, string>();
  for (const attempt of all) outcomes.set(attempt, await (begun.get(attempt) ?? attempt.send(proxy, places)));
  return outcomes;
}

/** The results of all attempts against one proxy. */
export interface Answers {
  readonly name: string;
  readonly outcomes: ReadonlyMap<Attempt, string>;
}

export const countThrough = (outcomes: Answers['outcomes']): number =>
  [...outcomes].filter(([attempt, outcome]) => gotThrough(attempt, outcome)).length;

/** The text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** An attempt's name on the page. */
export const nameOf = ({ what }: Attempt): string => cell(what);

/** Where it led: a site, or a place other than the site's; bold if the attempt got through, otherwise without status. */
function describe(attempt: Attempt, outcome: string | undefined): string {
  if (outcome === undefined) return '';
  const text = cell(outcome.replace(/ ERR_\w+/g, '').replace(/reached (\S+ (at|on) )?/g, ''));
  return gotThrough(attempt, outcome) ? `**${text}**` : text.replace(/\b[45]\d\d\b/g, 'refused');
}

/** One row for all attempts of a group that end in the same way. */
const LINE_BREAK = '<br>';

/** The tables of the page: one for each group, with a column for each proxy. */
export function attemptTables(answers: readonly Answers[]): string {
  const names = answers.map(({ name }) => name);
  const groups = GROUPS.map(({ title, attempts }) => {
    const rows = new Map<string, { readonly whats: string[]; readonly cells: readonly string[] }>();
    for (const attempt of attempts) {
      const cells = answers.map(({ outcomes }) => describe(attempt, outcomes.get(attempt)));
      const row = rows.get(cells.join('|')) ?? { whats: [], cells };
      row.whats.push(nameOf(attempt));
      rows.set(cells.join('|'), row);
    }
    const lines = [...rows.values()].map(({ whats, cells }) => [whats.join(LINE_BREAK), ...cells]);
    return `### ${title}\n\n${table(['attempt', ...names], lines)}\n`;
  });
  const total = GROUPS.flatMap(({ attempts }) => attempts).filter(({ through }) => through !== undefined).length;
  const counts = answers.map(({ outcomes }) => `${countThrough(outcomes)}`);
  return [`${table([`of ${total} attempts`, ...names], [['get through', ...counts]])}\n`, ...groups].join('\n');
}

/** The attempts in a page's tables, with their groups: the results of the last `npm run bench:attacks`. */
export function attemptsOn(
  page: string,
): { readonly title: string; readonly what: string; readonly cells: string[] }[] {
  let title = '';
  return generatedPart(page, PART)
    .split('\n')
    .flatMap((line) => {
      title = /^### (.*)/.exec(line)?.[1] ?? title;
      const [first, ...cells] = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((text) => text.trim());
      if (title === '' || first === undefined || /^(attempt|-+)$/.test(first)) return [];
      return first.split(LINE_BREAK).map((what) => ({ title, what, cells }));
    });
}
