/** Thrown for a text that can't be read. Anything else that a reader throws is a mistake in the program. */
export class Unreadable extends Error {}

/** @throws anything but an {@link Unreadable}, so that no mistake in the program passes for one in the text */
export function readOr<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unreadable) return otherwise();
    throw error;
  }
}
