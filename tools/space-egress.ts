/** `npm run space-egress -- ...`: the library's command with what only a checkout has, the local foundation. */
import * as foundation from '@space-egress/foundation';
import { run } from '../cli/program';
import { Progress } from './progress';
import { setUpContainers } from './setup';

async function programs(): Promise<{ node: string; versitygw: string }> {
  const { node, versitygw } = await setUpContainers(new Progress());
  return { node: node.path, versitygw };
}

void run({ foundation, command: foundation.localCommand({ programs }) });
