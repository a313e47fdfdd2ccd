/** `npm run space-egress -- ...`: the published command plus the local foundation, which only a checkout has. */
import * as foundation from '@space-egress/foundation';
import { run } from '../cli/program';
import { Progress } from './progress';
import { setUpContainers } from './setup';

async function programs(): Promise<{ node: string; versitygw: string }> {
  const { node, versitygw } = await setUpContainers(new Progress());
  return { node: node.path, versitygw };
}

void run({ foundation, command: foundation.localCommand({ programs }) });
