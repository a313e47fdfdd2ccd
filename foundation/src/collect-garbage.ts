import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** For the end of a start: what it took would stay for as long as there is nothing else to do. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
