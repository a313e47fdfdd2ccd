import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { readJson } from '../readers/input';
import type { Verdict } from './gate';
import { publish } from './pull-request';
import { RECORD, recorded, type Recorder } from './recording';
import { wholeNumber } from './reporting';

interface Options {
  readonly comment: string;
  readonly review: string;
  readonly pullRequest: number;
  readonly sha: string;
  readonly head: string;
  readonly environment?: string;
  readonly run?: number;
  readonly out?: string;
  readonly record?: string;
}

/**
 * `space-egress review-publish`: sets the comment and the status of a pull request, from an earlier review.
 *
 * @param record stores who approved what, if requested
 */
export function reviewPublishCommand(record?: Recorder): Command {
  return new Command('review-publish')
    .description(
      'posts a review as the only comment of its kind on a pull request and sets the status; needs GITHUB_TOKEN',
    )
    .requiredOption('--comment <file>', 'Markdown of the review')
    .requiredOption('--review <file>', 'JSON of the same review')
    .requiredOption('--pull-request <number>', 'number of the pull request', wholeNumber)
    .requiredOption('--sha <sha>', 'commit that was reviewed')
    .requiredOption('--head <head>', 'where it was pushed, as OWNER/REPOSITORY:BRANCH')
    .option('--environment <name>', 'environment whose reviewers approve; labels then do not count')
    .option('--run <id>', 'workflow run that the reviewers allowed to continue', wholeNumber)
    .option('--out <file>', 'where to write the decision as JSON, with who approved which digest')
    .addOption(RECORD)
    .action(async (options: Options) => {
      const { pullRequest, sha: commit, record: store } = options;
      const subject = `pull request ${pullRequest}`;
      await recorded({ store, record }, { kind: 'approval', subject, pullRequest, commit }, async () => {
        const json = await published(options);
        if (options.out !== undefined) writeFileSync(options.out, json);
        return { result: json, pullRequest, commit };
      });
    });
}

async function published(options: Options): Promise<string> {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = process.env;
  if (token === undefined || repository === undefined) {
    throw new Error('GITHUB_TOKEN and GITHUB_REPOSITORY are not set: run this in a workflow of GitHub');
  }
  const { pullRequest, sha, head, environment: name, run } = options;
  const pull = { apiUrl: apiUrl ?? 'https://api.github.com', token, repository, number: pullRequest, sha, head };
  const verdict = readJson(options.review) as Verdict;
  const environment = name === undefined || name === '' ? undefined : { name, run };
  const gate = await publish(pull, readFileSync(options.comment, 'utf8'), verdict, environment);
  process.stdout.write(`${gate.state}: ${gate.description}\n`);
  return `${JSON.stringify({ gate, digest: verdict.digest, pullRequest, commit: sha }, undefined, 2)}\n`;
}
