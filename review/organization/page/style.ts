/** Styles of an organization's page, in addition to those of every page. */
export const STYLE = `
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
