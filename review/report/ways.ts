import type { Verdict } from '../difference/change';
import { phrase, plain, say, type Phrase, type Text } from '../phrase';

/** What a way prints about a change, with labels instead of ids. */
export interface LabeledChange {
  readonly who: readonly string[];
  readonly what: Text;
  readonly via?: string;
}

/** Everything outside of the spaces in the picture. */
export const INTERNET = 'internet';

interface Line {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

/** How one way of reaching something is described. */
interface Wording {
  /** As in `web can now reach ...`: `some` is who can, `modal` is `can now`. */
  readonly clause: (change: LabeledChange, some: Phrase, modal: string) => Phrase;
  /** The cells of a table: who, if it isn't the changed list of names; what; and how. */
  readonly cells: (change: LabeledChange) => { readonly who?: Text; readonly what: Text; readonly how: Text };
  /** Its edges in the picture; undefined if the picture doesn't show it. */
  readonly edges?: (change: LabeledChange) => readonly Line[];
}

/**
 * All ways, the most important ones first. To add a way, add an entry here: the text, the sentence, the comment, the
 * picture and the published schema are built from it.
 */
const WORDINGS = {
  proxy: {
    clause: ({ what, via = '' }, some, modal) => say`${some} ${[modal]} reach ${named(what)} through ${via}`,
    cells: ({ what, via = '' }) => ({ what: named(what), how: say`through ${via}` }),
    edges: ({ what, via = '' }) => [{ from: via, to: plain(what), text: '' }],
  },
  forward: {
    clause: ({ what, via = '' }, some, modal) => say`${some} ${[modal]} reach ${named(what)} over TCP by ${via}`,
    cells: ({ what, via = '' }) => ({ what: named(what), how: say`over TCP by ${via}` }),
    edges: ({ what, via = '' }) => [{ from: via, to: plain(what), text: 'TCP' }],
  },
  direct: {
    clause: ({ what }, some, modal) => say`${some} ${[modal]} directly reach ${phrase(what)}`,
    cells: ({ what }) => ({ what, how: 'directly, by security groups' }),
    edges: ({ who, what }) => who.map((from) => ({ from, to: plain(what), text: 'directly' })),
  },
  program: {
    clause: ({ what, via = '' }, some, modal) =>
      say`${some} ${[modal]} get something else from ${via}, which runs ${phrase(what)}`,
    cells: ({ what, via = '' }) => ({ what, how: say`through ${via}, which runs something else` }),
  },
  /** A password is accepted: `what` is the client that it belongs to. */
  credentials: {
    clause: ({ what, via = '' }, _, modal) => say`anyone with the password of ${named(what)} ${[modal]} use ${via}`,
    cells: ({ what, via = '' }) => ({
      who: say`anyone with the password of ${named(what)}`,
      what: say`${via}`,
      how: 'with credentials',
    }),
  },
  route: {
    clause: ({ what, via = '' }, _, modal) => say`anyone ${[modal]} reach ${via} at ${named(what)}`,
    cells: ({ what, via = '' }) => ({ who: 'anyone', what: say`${via}`, how: say`public route ${named(what)}` }),
    edges: ({ what, via = '' }) => [{ from: INTERNET, to: via, text: plain(what) }],
  },
  policy: {
    clause: ({ what, via = '' }, some, modal) => say`${some} ${[modal]} connect to ${via} on ${phrase(what)}`,
    cells: ({ what, via = '' }) => ({ what: say`${via}`, how: say`network policy, ${phrase(what)}` }),
    edges: ({ who, what, via = '' }) => who.map((from) => ({ from, to: via, text: plain(what) })),
  },
  role: {
    clause: ({ what, via = '' }, some, modal) => say`${some} ${[modal]} act as ${named(what)} in ${via}`,
    cells: ({ what, via = '' }) => ({ what: say`${via}`, how: say`as ${named(what)}` }),
  },
  shell: {
    clause: (_, some, modal) => say`space developers ${[modal]} open a shell in ${some}`,
    cells: () => ({ what: 'a shell for space developers', how: 'SSH' }),
  },
  logs: {
    clause: ({ what }, some, modal) => say`${some} ${[modal]} send logs to ${named(what)}`,
    cells: ({ what }) => ({ what: named(what), how: 'logs, by a syslog drain' }),
  },
  service: {
    clause: ({ what }, some, modal) => say`requests to ${some} ${[modal]} go through ${named(what)}`,
    cells: ({ what }) => ({ what: named(what), how: 'requests, by a route service' }),
  },
  staging: {
    clause: ({ what }, some, modal) => say`builds of ${some} ${[modal]} reach ${phrase(what)}`,
    cells: ({ what }) => ({ what, how: 'during staging' }),
  },
  /** Something changes with an unknown effect: `who` is its address, and `what` the attribute or type. */
  other: {
    clause: ({ what }, some, modal) => say`${some}: ${[modal]} do anything (${unknownTo(what)})`,
    cells: ({ what }) => ({ what: 'anything', how: unknownTo(what) }),
  },
  /** An expected plan is missing, and `what` says why: two programs show less than the plan would have. */
  unplanned: {
    clause: ({ what }, _, modal) => say`anything ${[modal]} change (not planned because ${named(what)})`,
    cells: ({ what }) => ({ who: 'anyone', what: 'anything', how: say`not planned because ${named(what)}` }),
  },
} as const satisfies Readonly<Record<string, Wording>>;

export type Way = keyof typeof WORDINGS;

export const WAYS: Readonly<Record<Way, Wording>> = WORDINGS;

/** The position of a way among the others. */
export const ORDER: ReadonlyMap<Way, number> = new Map((Object.keys(WORDINGS) as Way[]).map((way, at) => [way, at]));

/** The verb for a verdict, if a way has none of its own. */
export const MODAL: Readonly<Record<Verdict, string>> = {
  opens: 'can now',
  closes: 'can no longer',
  unknown: 'may now',
};

/** A target that is a name rather than a description. */
function named(what: Text): Phrase {
  return typeof what === 'string' ? [{ name: what }] : what;
}

/** Why the review doesn't know the effect of something that is neither a resource nor an attribute. */
const UNTOLD: ReadonlyMap<Text, string> = new Map([
  ['action', 'the apply runs an action, and the review does not know what it does'],
  ['default of a variable', 'it uses the default of a variable, which may be set to another value'],
  ['deferred change', 'the change is deferred, so the plan does not say what it is'],
  ['module', 'the content of the module was not read'],
  ['output', 'the apply prints or sends what it reads from files or derives from secrets'],
  ['part of the plan', 'the review does not know this part of the plan'],
  ['plan that leaves something out', 'the plan is marked as incomplete'],
  ['provisioner', 'a provisioner runs a program'],
  ['unknown block', 'the review does not know this kind of block'],
]);

function unknownTo(what: Text): Phrase {
  const why = UNTOLD.get(what);
  return why === undefined ? say`the review does not know what ${named(what)} does` : [why];
}
