/** What `.ci/run` does last: ends the container engine if these tools have started it. */
import { stopContainerEngine } from './container-engine';
import { endWithFailure } from './progress';

stopContainerEngine().catch(endWithFailure);
