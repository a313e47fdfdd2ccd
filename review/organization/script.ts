import { TABLE_SCRIPT } from '../page';

/**
 * The script of the page: filter, sort, explain. It is plain JavaScript for browsers; a browser test compares its
 * answers with those of the command `explain`. The data is in the page, and strings are inserted as text.
 */
export const SCRIPT = `'use strict';
(() => {${TABLE_SCRIPT}  const data = JSON.parse(document.getElementById('data').textContent);
  const byId = new Map(data.applications.map((one) => [one.id, one]));
  const spaces = new Map(data.spaces.map((one) => [one.id, one]));
  const nameOf = (id) => id.slice(id.lastIndexOf('/') + 1);
  const outgoing = new Map();
  for (const policy of data.policies) outgoing.set(policy.source, [...(outgoing.get(policy.source) || []), policy]);
  const from = (id) => outgoing.get(id) || [];
  const between = (a, b) => from(a).filter((one) => one.destination === b);

  sortAndFilter($('applications'), $('way'), 'internet', 'applications');

  function toInternet(source) {
    const space = spaces.get(source.space);
    const reasons = [];
    if (space && space.running.internet === 'yes') {
      reasons.push('directly: space ' + source.space + ' has ' + space.running.groups.join(', '));
    }
    for (const { proxy, reaches, perhaps } of source.proxies) {
      if (reaches.length > 0) reasons.push('through ' + proxy + ': ' + reaches.join(', '));
      if (perhaps.length > 0) reasons.push('perhaps through ' + proxy + ': ' + perhaps.join(', '));
    }
    for (const id of source.mayForward) {
      reasons.push('through ' + id + ': it may fetch what clients request, and has no list that the review can read');
    }
    if (space) reasons.push(...space.running.unknown.map((because) => 'directly: unknown, because ' + because));
    if (!space || !space.policiesSeen) reasons.push('network policies of space ' + source.space + ' were not seen');
    const answer = { directly: 'yes', 'through a proxy': 'yes', perhaps: 'unknown', no: 'no' }[source.internet];
    return { answer, reasons: reasons.length > 0 ? reasons : ['neither a security group of its space nor a proxy opens the internet'] };
  }

  function toApplication(source, target) {
    const [a, b] = [nameOf(source.id), nameOf(target.id)];
    const open = between(source.id, target.id);
    if (open.length > 0) {
      return {
        answer: 'yes',
        reasons: open.map(({ protocol, ports }) => 'a network policy opens ' + protocol + ' ' + ports + ' of ' + b + ' to ' + a),
      };
    }
    const perhaps = [...new Set(from(source.id).map((one) => one.destination))]
      .filter((id) => between(id, target.id).length > 0)
      .map((id) => 'through ' + nameOf(id) + ', if it forwards: policies lead from ' + a + ' to it, and on');
    for (const id of new Set([source.space, target.space])) {
      const space = spaces.get(id);
      if (!space || !space.policiesSeen) perhaps.push('network policies of space ' + id + ' were not seen');
    }
    if (perhaps.length > 0) return { answer: 'unknown', reasons: perhaps };
    const reasons = ['no network policy leads from ' + a + ' to ' + b + ', and without one nothing gets through, even within one space'];
    if (between(target.id, source.id).length > 0) reasons.push('a policy opens the other direction, from ' + b + ' to ' + a);
    return { answer: 'no', reasons };
  }

  function explain(a, b) {
    const source = byId.get(a);
    const target = byId.get(b);
    if (a === 'anyone' && target) {
      return target.routes.length > 0
        ? { answer: 'yes', reasons: target.routes.map((url) => 'the public route ' + url + ' leads to it') }
        : { answer: 'no', reasons: ['no public route leads to it'] };
    }
    if (source && b === 'the internet') return toInternet(source);
    if (!source || !target) return undefined;
    const found = toApplication(source, target);
    if (found.answer !== 'yes' && source.internet !== 'no') {
      found.reasons.push(...target.routes.map((url) => 'over the internet, it may use the public route ' + url + ', as anyone can, if it reaches it'));
    }
    return found;
  }
  window.explainPair = explain;

  function show() {
    const [a, b] = [$('from').value.trim(), $('to').value.trim()];
    const chosen = new Set([a, b]);
    for (const box of document.querySelectorAll('svg [data-id]')) box.classList.toggle('chosen', chosen.has(box.dataset.id));
    // If each way already has its line, a second one would add nothing.
    if (document.querySelector('svg').dataset.lines !== 'way') drawLines(a);
    const found = explain(a, b);
    $('answer').className = found ? found.answer : '';
    if (!found) {
      $('answer').textContent = a === '' || b === '' ? 'Choose two.' : 'There is no such pair: choose both from the lists.';
      return;
    }
    const title = document.createElement('strong');
    title.textContent = a + ' to ' + b + ': ' + found.answer;
    const reasons = document.createElement('ul');
    reasons.append(...found.reasons.map((reason) => Object.assign(document.createElement('li'), { textContent: reason })));
    $('answer').replaceChildren(title, reasons);
  }

  function drawLines(id) {
    const layer = $('chosen-lines');
    const boxOf = (one) => document.querySelector('svg [data-id="' + CSS.escape(one) + '"] rect');
    const middle = (box) => [+box.getAttribute('x') + box.getAttribute('width') / 2, +box.getAttribute('y') + box.getAttribute('height') / 2];
    layer.replaceChildren(
      ...data.policies
        .filter(({ source, destination }) => source === id || destination === id)
        .flatMap(({ source, destination }) => {
          const [start, end] = [boxOf(source), boxOf(destination)];
          if (!start || !end) return [];
          const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
          path.setAttribute('d', 'M' + middle(start).join(' ') + 'L' + middle(end).join(' '));
          path.setAttribute('marker-end', 'url(#end)');
          return [path];
        }),
    );
  }

  let next = 'from';
  function choose(id) {
    $(next).value = id;
    next = next === 'from' ? 'to' : 'from';
    show();
  }
  for (const name of ['from', 'to']) $(name).addEventListener('change', show);
  $('explain').addEventListener('submit', (event) => {
    event.preventDefault();
    show();
  });
  document.addEventListener('click', (event) => {
    const chosen = event.target.closest('[data-id]');
    if (chosen) choose(chosen.dataset.id);
  });
})();
`;
