import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { engineMessage } from '../cell/engine';
import { found } from './inventory';

const REMOVAL_TRIES = 20;
const REMOVAL_PAUSE = 250;

/** IDs of the containers in a network. */
export async function containersIn(network: Docker.Network): Promise<readonly string[]> {
  const details = (await found(network.inspect())) as { Containers?: Record<string, unknown> } | undefined;
  return Object.keys(details?.Containers ?? {});
}

/**
 * Removes a network, and returns whether it is gone. The engine may count the endpoint of a removed container: usually
 * for a moment, but sometimes, in Docker 20.10, until the engine restarts.
 */
export async function removeNetwork(network: Docker.Network): Promise<boolean> {
  for (let left = REMOVAL_TRIES; ; left -= 1) {
    try {
      await found(network.remove());
      return true;
    } catch (error) {
      if (!engineMessage(error).includes('active endpoints')) throw error;
      if (left <= 1) {
        if ((await containersIn(network)).length > 0) throw error;
        return false;
      }
      await wait(REMOVAL_PAUSE);
    }
  }
}
