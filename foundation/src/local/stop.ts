import { statusCode } from '../cell/engine';
import { connectEngine } from './engine';
import { DEFAULT_NAME, requireName, resourceNames } from './names';

/** Stops the foundation itself. Its applications keep running, without DNS and routes, until it is up again. */
export async function stop(options: { readonly name?: string } = {}): Promise<void> {
  const name = requireName(options.name ?? DEFAULT_NAME);
  const { docker } = await connectEngine();
  try {
    await docker.getContainer(resourceNames(name).container).stop({ t: 10 });
  } catch (error) {
    if (statusCode(error) === 404) throw new Error(`there is no foundation ${name}: run "space-egress local up" first`);
    // 304: it was already stopped.
    if (statusCode(error) !== 304) throw error;
  }
}
