/** Styles of every page; they load nothing. A word or shape always repeats what a color says. */
export const STYLE = `
:root { color-scheme: light; --line: #c9ccd1; --muted: #565c65; --link: #005ea2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.5rem 4rem; max-width: 100rem; font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
p { margin: .4rem 0; max-width: 75ch; }
.muted { color: var(--muted); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-left-width: 6px; border-radius: 4px; padding: .4rem .8rem; }
.counts strong { display: block; font-size: 1.4rem; line-height: 1.2; }
.notice { border: 1px solid #c2850c; border-left-width: 6px; background: #fef8e8; padding: .5rem 1rem; border-radius: 4px; }
.scroll { overflow-x: auto; content-visibility: auto; contain-intrinsic-size: auto 40rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 6rem; }
thead th { white-space: nowrap; background: #f0f1f3; border-bottom: 2px solid #71767a; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody button { padding: 0 .4rem; font-size: .85rem; font-weight: 400; }
td ul, th ul { margin: 0; padding-left: 1.1rem; }
button, input, select { font: inherit; padding: .25rem .5rem; border: 1px solid #71767a; border-radius: 4px; background: #fff; color: inherit; }
button { cursor: pointer; }
thead th button { border: 0; background: none; padding: 0; font-weight: 700; text-align: left; }
thead th button::after { content: " ↕"; color: var(--muted); }
th[aria-sort=ascending] button::after { content: " ↑"; }
th[aria-sort=descending] button::after { content: " ↓"; }
:focus-visible { outline: 3px solid #2491ff; outline-offset: 1px; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: .75rem 0; }
form label { display: grid; font-size: .9rem; }
form input { min-width: 20rem; max-width: 100%; }
.badge { white-space: nowrap; border-radius: 3px; padding: 0 .4rem; border: 1px solid; }
.js-only { display: none; } .js .js-only { display: revert; } .js form.js-only { display: flex; }
svg text { font: 12px system-ui, sans-serif; fill: #1b1b1b; pointer-events: none; }
@media print { form, .js .js-only { display: none; } }
`;
