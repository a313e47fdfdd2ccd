/**
 * Compares `cdktf deploy` of the example on a running foundation with the engine's own apply of the same synthesized
 * tree. Also measures a change of the allowlist, from the command until the new host answers and the removed one is
 * refused.
 */
import type { Demo } from '../__tests__/e2e/support/demo';
import type { Edit } from '../__tests__/support/checkout';
import { run } from '../tools/command';
import { awaitApplications } from '../tools/demo';
import type { Benchmark } from './benchmark';
import { describeRatio, describeTimes, measure, timeOf } from './times';

const ADDED = 'http://www.example.net/';
const REMOVED = 'http://www.example.com/';
const OTHER_HOST: Edit = [
  "Destination.host('www.example.com', 80, 443)",
  "Destination.host('www.example.net', 80, 443)",
];

/** While old and new instances of the proxy run, either can answer, so one correct answer doesn't prove the effect. */
const RIGHT_IN_A_ROW = 10;

export const benchmark: Benchmark = {
  what: 'deploy onto a running foundation, and an allowlist change from the command to its effect',
  rounds: 3,
  run: async (rounds, print) => {
    process.env.EGRESS_E2E ??= `bench-${process.pid}`;
    // The module reads the foundation's name when it is loaded.
    const { Demo, removeDemo } = await import('../__tests__/e2e/support/demo.js');
    try {
      const demo = await Demo.open();
      const cdktf = await measure(rounds, async () => {
        await demo.stack.destroyIfDeployed();
        return timeOf(() => demo.stack.deploy());
      });
      print(describeTimes('cdktf deploy', cdktf));
      const running = await timeOf(() => awaitApplications(demo.env));
      print(describeTimes('after it, until the applications run', [running]));
      const noChange = await measure(rounds, () => timeOf(() => demo.stack.deploy()));
      print(describeTimes('cdktf deploy without a change', noChange));

      const changes = await measure(rounds, (round) => changeAllowlist(demo, round % 2 === 0));
      print(describeTimes('allowlist change, command to effect', changes));

      const engine = await measure(rounds, async () => {
        await demo.stack.destroyIfDeployed();
        await demo.stack.synth();
        return timeOf(() => applyDirectly(demo));
      });
      print(describeTimes("the engine's own init and apply", engine));
      print(describeRatio('cdktf deploy', cdktf, "the engine's own init and apply", engine));
    } finally {
      await removeDemo();
    }
  },
};

async function applyDirectly({ stack, env }: Demo): Promise<void> {
  const engine = env.TERRAFORM_BINARY_NAME ?? 'terraform';
  const options = { cwd: stack.stackFolder, env };
  await run(engine, ['init', '-input=false', '-no-color'], options);
  await run(engine, ['apply', '-auto-approve', '-input=false', '-no-color'], options);
}

/** Resolves with the time from the command to the first correct answer after which all answers were correct. */
async function changeAllowlist(demo: Demo, away: boolean): Promise<number> {
  demo.edit(...(away ? [OTHER_HOST] : []));
  const [added, removed] = away ? [ADDED, REMOVED] : [REMOVED, ADDED];
  const started = performance.now();
  const deploying = demo.stack.deploy();
  const effect = takesEffect(demo, added, removed);
  await Promise.all([deploying, effect]);
  return (await effect) - started;
}

async function takesEffect(demo: Demo, added: string, removed: string): Promise<number> {
  let since = 0;
  for (let right = 0; right < RIGHT_IN_A_ROW;) {
    const asked = performance.now();
    const answers = await throughProxy(demo, added, removed);
    right = answers === '200 403' ? right + 1 : 0;
    if (right === 1) since = asked;
  }
  return since;
}

/** The statuses that an instance of the demo gets for both, from any instance of the proxy. */
async function throughProxy(demo: Demo, ...urls: readonly string[]): Promise<string> {
  const proxy = 'http://egress-proxy.apps.internal:3128';
  const ask = (url: string): string =>
    `curl -s -o /dev/null -w '%{http_code}\\n' --max-time 5 -x ${proxy} ${url} || true`;
  const answer = await demo.inside('egress-demo', ['bash', '-c', urls.map(ask).join('; ')]);
  return answer.split(/\s+/).join(' ');
}
