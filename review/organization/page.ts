import { lastPart } from '../model/facts';
import { MOST_LIST_ITEMS } from '../limits';
import type { ApplicationAudit, ChangedRow, OrganizationAudit, StageAudit } from './document';
import { KINDS } from './observations';
import { layout, picture } from './picture';
import { SCRIPT } from './script';
import { conclusion } from './text';
import { framed, list, markup, type Html, head, sorted, table } from '../page';
import { grouped } from '../model/maps';

const WAYS = ['directly', 'through a proxy', 'perhaps', 'no'] as const;

/** Everything on the page is readable without scripts. */
export async function organizationPage(audit: OrganizationAudit): Promise<string> {
  const { organization, account, at, counts } = audit;
  const drawn = picture(audit, await layout(audit));
  return framed({
    title: `${organization}: who reaches what`,
    style: STYLE,
    about: markup`Read at <time datetime="${at}">${at}</time>${account === undefined ? '' : ` by ${account}`}.
      ${sentence(conclusion(audit))}`,
    main: markup`<ul class="counts" aria-label="Applications by how they get to the internet">
            ${WAYS.map((way) => markup`<li class="${way.replaceAll(' ', '-')}"><strong>${counts[way]}</strong> ${way === 'no' ? 'not' : way}</li>`)}
          </ul>
          ${unseen(audit)} ${changes(audit)}
          <h2 id="picture">Picture</h2>
          <p>
            Boxes are spaces with their applications; what reaches the internet directly is red with a thick
            border.<span class="js-only"> Click two of them to see why one reaches the other.</span>
          </p>
          <div class="picture" role="region" aria-labelledby="picture" tabindex="0">${drawn}</div>
          <h2 class="js-only">Why</h2>
          <form id="explain" class="js-only">
            <label>From <input id="from" list="sources" autocomplete="off" /></label>
            <label>To <input id="to" list="targets" autocomplete="off" /></label>
            <button>Explain</button>
          </form>
          <datalist id="sources">
            <option value="anyone"></option>
            ${options(audit)}
          </datalist>
          <datalist id="targets">
            <option value="the internet"></option>
            ${options(audit)}
          </datalist>
          <div id="answer" class="js-only" role="status">Choose two.</div>
          <h2 id="applications-title">Applications</h2>
          <form id="filters" class="js-only">
            <label>Filter by any word <input id="filter" type="search" autocomplete="off" /></label>
            <label
              >To the internet
              <select id="way">
                <option value="">all</option>
                ${WAYS.map((way) => markup`<option>${way}</option>`)}
              </select></label
            >
            <span id="shown" role="status"></span>
          </form>
          ${applications(audit)}
          <h2 id="spaces-title">Spaces</h2>
          ${spaces(audit)}
          <h2 id="groups-title">Security groups</h2>
          ${groups(audit)} ${observed(audit)}`,
    data: data(audit),
    script: SCRIPT,
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function options({ applications: all }: OrganizationAudit): Html[] {
  return all.map(({ id }) => markup`<option value="${id}"></option>`);
}

function unseen({ unseen: all }: OrganizationAudit): Html {
  if (all.length === 0) return markup``;
  const items = all.map(({ kind, of, because, remedy }) => {
    const about = of.length === 0 ? '' : ` (${of.length}: ${some(of)})`;
    return markup`<strong>${kind}</strong>${about}: ${because}; ${remedy}`;
  });
  return markup`<section class="notice" aria-labelledby="unseen">
    <h2 id="unseen">Not seen</h2>
    ${list(items)}
  </section>`;
}

function some(all: readonly string[]): string {
  return all.length > 8 ? `${all.slice(0, 8).join(', ')} and ${all.length - 8} more` : all.join(', ');
}

function changes({ baseline }: OrganizationAudit): Html {
  if (baseline === undefined) return markup``;
  const part = (title: string, rows: readonly ChangedRow[]): Html =>
    rows.length === 0
      ? markup``
      : markup`<h3>${title}: ${rows.length}</h3>
          ${list(rows.map(({ says }) => says))}`;
  const { opens, unknown, closes, at } = baseline;
  const none = opens.length + unknown.length + closes.length === 0;
  return markup`<h2>Since ${at}</h2>
    ${none ? markup`<p>Nothing has changed.</p>` : markup``}${part('Opened', opens)}${part('Unknown', unknown)}${part('Closed', closes)}`;
}

function applications({ organization, applications: all, policies }: OrganizationAudit): Html {
  // The page is about one organization, so its name before each space is redundant.
  const inside = (id: string): string => (id.startsWith(`${organization}/`) ? id.slice(organization.length + 1) : id);
  const heads = ['Application', 'Space', 'Kind', 'To the internet', 'How', 'Connects to', 'Routes', 'SSH'].map(sorted);
  const from = grouped(policies, ({ source }) => source);
  const targets = (id: string): string[] =>
    (from.get(id) ?? []).map(({ destination, protocol, ports }) => `${inside(destination)} on ${protocol} ${ports}`);
  const row = (one: ApplicationAudit): Html =>
    markup`<tr data-internet="${one.internet}">
      <th scope="row">
        ${lastPart(one.id)}
        <button type="button" class="js-only" data-id="${one.id}" aria-label="why: ${one.id}">why</button>
      </th>
      <td>${inside(one.space)}</td>
      <td>${one.kind}${one.stopped ? ', stopped' : ''}${one.elsewhere === true ? ', elsewhere' : ''}</td>
      <td><span class="badge ${one.internet.replaceAll(' ', '-')}">${one.internet}</span></td>
      <td>${list(ways(one, inside))}</td>
      <td>${list(targets(one.id))}</td>
      <td>${list([...one.routes, ...one.internalRoutes.map((url) => `${url} (internal)`)])}</td>
      <td>${one.ssh}</td>
    </tr> `;
  return table('applications', heads, all.map(row));
}

function ways({ proxies, lets, mayForward }: ApplicationAudit, inside: (id: string) => string): string[] {
  return [
    ...proxies.flatMap(({ proxy, reaches, perhaps }) => [
      ...(reaches.length === 0 ? [] : [`through ${inside(proxy)}: ${reaches.join(', ')}`]),
      ...(perhaps.length === 0 ? [] : [`perhaps through ${inside(proxy)}: ${perhaps.join(', ')}`]),
    ]),
    ...(lets.length === 0 ? [] : [`lets through: ${lets.join(', ')}`]),
    ...mayForward.map((id) => `may connect through ${inside(id)}`),
  ];
}

function spaces({ spaces: all, applications: applicationsOf }: OrganizationAudit): Html {
  const stage = ({ groups: names, internet, unknown }: StageAudit): Html =>
    markup`${names.join(', ') || 'no group'}; the internet:
    ${internet}${list(unknown.map((because) => `perhaps more: ${because}`))}`;
  const counts = new Map<string, number>();
  for (const { space } of applicationsOf) counts.set(space, (counts.get(space) ?? 0) + 1);
  const rows = all.map(
    ({ id, running, staging, ssh }) =>
      markup`<tr>
        <th scope="row">${id}</th>
        <td>${counts.get(id) ?? 0}</td>
        <td>${stage(running)}</td>
        <td>${stage(staging)}</td>
        <td>${ssh}</td>
      </tr> `,
  );
  return table('spaces', ['Space', 'Applications', 'Directly', 'During staging', 'SSH'].map(head), rows);
}

function groups({ groups: all }: OrganizationAudit): Html {
  const rows = all.map(({ name, opens, unknown, everywhere, running, staging }) => {
    const everywhereTo = (['running', 'staging'] as const).filter((stage) => everywhere[stage] === 'yes');
    const where = [
      ...everywhereTo.map((stage) => `every space (${stage})`),
      ...running,
      ...staging.map((id) => `${id} (staging)`),
    ];
    return markup`<tr>
      <th scope="row">${name}</th>
      <td>${list([...opens, ...unknown.map((because) => `perhaps more: ${because}`)], 'nothing')}</td>
      <td>${list(where)}</td>
    </tr> `;
  });
  return table('groups', ['Group', 'Opens', 'Bound to'].map(head), rows);
}

function observed({ observations }: OrganizationAudit): Html {
  const parts = KINDS.flatMap(({ id, title, why }) => {
    const found = observations.filter(({ kind }) => kind === id);
    if (found.length === 0) return [];
    const items = found.map(({ subject, message }) => markup`<strong>${subject}</strong>: ${message}`);
    return [
      markup`<h3>${sentence(title)} ${found.length}</h3>
        <p class="muted">${sentence(why)}</p>
        ${found.length > MOST_LIST_ITEMS ? markup`<details><summary>Show all ${found.length}</summary>${list(items)}</details>` : list(items)}`,
    ];
  });
  return parts.length === 0
    ? markup``
    : markup`<h2>Things to look at</h2>
        <div class="late">${parts}</div>`;
}

/** The data with which the script explains a pair. */
function data({ spaces: all, applications: apps, policies }: OrganizationAudit): object {
  return {
    spaces: all.map(({ id, running, policiesSeen }) => ({
      id,
      running: { ...running, opens: undefined },
      policiesSeen,
    })),
    applications: apps.map(({ id, space, internet, proxies, mayForward, routes }) => {
      return { id, space, internet, proxies, mayForward, routes };
    }),
    policies,
  };
}

/** Styles of an organization's page, in addition to those of every page. */
const STYLE = `
.counts .directly { border-left-color: #b50909; }
.counts .through-a-proxy { border-left-color: #005ea2; }
.counts .perhaps { border-left-color: #c2850c; }
.counts .no { border-left-color: #4d8055; }
.picture { overflow: auto; max-height: 44rem; border: 1px solid var(--line); border-radius: 4px; background: #fff; }
.picture svg { display: block; }
.picture, .late { content-visibility: auto; contain-intrinsic-size: auto 40rem; }
#applications { table-layout: fixed; min-width: 70rem; }
#answer { border-left: 6px solid var(--line); padding: .25rem 1rem; min-height: 4rem; }
#answer.yes { border-color: #b50909; } #answer.no { border-color: #4d8055; } #answer.unknown { border-color: #c2850c; }
.badge.directly { background: #fdeceb; color: #8b0a03; } .badge.through-a-proxy { background: #e7f2fb; color: #00406f; }
.badge.perhaps { background: #fef0cd; color: #5c410a; border-style: dashed; } .badge.no { background: #ecf3ec; color: #2a4a30; }
.space rect { fill: #f7f8f9; stroke: #a9aeb1; } .space text { font-weight: 600; }
.space.open rect { fill: #fff4f3; stroke: #b50909; stroke-width: 1.5; }
.app rect { fill: #ecf3ec; stroke: #4d8055; } .js .app, .js .outside { cursor: pointer; }
.app.directly rect { fill: #f8d7d4; stroke: #b50909; stroke-width: 2.5; } .app.directly text { font-weight: 700; }
.app.through-a-proxy rect { fill: #e7f2fb; stroke: #005ea2; }
.app.perhaps rect { fill: #fef0cd; stroke: #c2850c; stroke-dasharray: 4 2; }
.app.proxy rect { rx: 12px; } .app.stopped text { fill: #565c65; font-style: italic; }
.app.chosen rect, .outside.chosen rect { stroke: #1b1b1b; stroke-width: 3.5; }
.outside rect { fill: #3d4551; } .outside text { fill: #fff; font-weight: 700; }
.line { fill: none; stroke: #71767a; } .line.out { stroke: #b50909; } .line.in { stroke: #005ea2; stroke-dasharray: 5 3; }
#end path { fill: #565c65; }
#chosen-lines path { fill: none; stroke: #1b1b1b; stroke-width: 2; }
@media print { .picture { overflow: visible; max-height: none; } }
`;
