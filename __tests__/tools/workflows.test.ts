import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../tools/platform';

const FOLDER = join(REPOSITORY, '.github', 'workflows');
const workflows = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));

test.each(workflows)('$name pins every action to a commit, with the release beside it', ({ text }) => {
  const uses = text.split('\n').filter((line) => /^\s*(?:- )?uses:/.test(line));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

/** What a workflow may do beyond reading the checkout, by job. The one that may write runs no code of a pull request. */
const MORE: Readonly<Record<string, object>> = {
  'plan-review-comment.yml': {
    permissions: {},
    jobs: { comment: { actions: 'read', contents: 'read', 'pull-requests': 'write', statuses: 'write' } },
  },
};

test.each(workflows)('$name may read the checkout, and what is listed here', ({ name, text }) => {
  const { permissions, jobs } = parse(text) as {
    permissions?: unknown;
    jobs: Record<string, { permissions?: object }>;
  };
  const own = Object.entries(jobs).flatMap(([job, { permissions: more }]) => (more === undefined ? [] : [[job, more]]));
  expect({ permissions, jobs: Object.fromEntries(own) as object }).toEqual(
    MORE[name] ?? { permissions: { contents: 'read' }, jobs: {} },
  );
});

test('CI runs what anybody runs: .ci/run', () => {
  const ci = parse(workflows.find(({ name }) => name === 'ci.yml')?.text ?? '') as {
    jobs: Record<string, { steps: { run?: string }[] }>;
  };
  const commands = Object.values(ci.jobs).flatMap((job) => job.steps.flatMap((step) => step.run ?? []));
  expect(commands).toEqual(['.ci/run']);
});
