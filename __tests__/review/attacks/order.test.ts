import { reviewPlans } from '../../../review/review';
import type { PlanFile } from '../../../review/readers/input';
import { plan, type Change } from '../support/plan';
import { changed, fixed, LIST, proxy } from './attempts';

const LONGER = `${LIST}\nmore.example.gov:443`;
const HIDDEN = { environment: { EGRESS_ALLOW: true } };

function file(stack: string, ...changes: readonly Change[]): PlanFile {
  const resources = changes.map(({ address }) => ({ address, mode: 'managed', expressions: { note: { stack } } }));
  return { environment: '', file: `${stack}.json`, stack, json: plan(changes, { resources }) };
}

const PAIRS: Readonly<Record<string, readonly [Change, Change]>> = {
  'an application of two stacks, which changes in one': [
    fixed('cloudfoundry_app.proxy', proxy(LIST)),
    changed('cloudfoundry_app.proxy', proxy(LIST), proxy(LONGER)),
  ],
  'a hidden value, whose approval is for all code': [
    changed('cloudfoundry_app.proxy', proxy(LIST), proxy(LONGER), HIDDEN),
    fixed('cloudfoundry_app.other', proxy(LIST, { id: '2', name: 'other' })),
  ],
};

describe('the order of plans', () => {
  it.each(Object.entries(PAIRS))("doesn't change what an approval is for: %s", (_, [one, other]) => {
    const files = [file('one', one), file('other', other)];
    const [forwards, backwards] = [reviewPlans(files), reviewPlans([...files].reverse())];
    expect(forwards.widens).toBe(true);
    expect(backwards.digest).toBe(forwards.digest);
  });
});
