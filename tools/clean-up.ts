/** The last step of `.ci/run`: stops the container engine if these tools have started it. */
import { stopContainerEngine } from './container-engine';
import { endWithFailure } from './progress';

stopContainerEngine().catch(endWithFailure);
