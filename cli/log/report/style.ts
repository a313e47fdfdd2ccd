/** Styles of the report, in addition to those of every page. */
export const STYLE = `
figure { margin: .5rem 0 1.5rem; }
figure svg { display: block; width: 100%; max-width: 70rem; height: auto; }
.grid { stroke: var(--line); fill: none; }
.key { margin-right: 1rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -.1em; border: 1px solid #565c65; background: #565c65; }
rect.allowed, rect.in { fill: #4d8055; } rect.audited { fill: #e0a30f; } rect.refused, rect.out { fill: #b50909; } rect.failed { fill: #71767a; }
rect.in { fill: #73b3e7; } rect.out { fill: #00406f; }
.key.allowed::before { background: #4d8055; } .key.audited::before { background: #e0a30f; } .key.refused::before { background: #b50909; } .key.failed::before { background: #71767a; }
.key.in::before { background: #73b3e7; } .key.out::before { background: #00406f; }
.counts .allowed { border-left-color: #4d8055; } .counts .audited { border-left-color: #e0a30f; } .counts .refused { border-left-color: #b50909; } .counts .failed { border-left-color: #71767a; }
.badge.allowed { background: #ecf3ec; color: #2a4a30; } .badge.audited { background: #fef0cd; color: #5c410a; border-style: dashed; }
.badge.refused { background: #fdeceb; color: #8b0a03; } .badge.failed { background: #f0f1f3; color: #3d4551; }
.number { text-align: right; white-space: nowrap; }
.new { font-weight: 700; }
`;
