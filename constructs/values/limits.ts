/** What the platform, the operating system, and the proxy allow. */

/**
 * The minimum length of a seed, in characters. A shorter one can be guessed: anyone who has one password can check a
 * guess against it.
 */
export const LEAST_SEED_CHARACTERS = 32;

/** The minimum number of different characters in a seed. */
export const LEAST_DIFFERENT_CHARACTERS = 10;

/**
 * The longest variable that Linux accepts, including the name, the equals sign and the terminating zero byte
 * (MAX_ARG_STRLEN).
 *
 * @see https://man7.org/linux/man-pages/man2/execve.2.html
 */
export const VARIABLE_BYTES = 128 * 1024;

/**
 * The maximum size of all lists together. Linux gives a program a quarter of its stack limit, 2 MiB by default, for
 * arguments and environment; half of that is left for what the platform and the image set.
 */
export const ALL_LISTS_BYTES = 1024 * 1024;

/** The longest start timeout that the platform accepts for an application, in seconds. */
export const LONGEST_START_SECONDS = 180;

/** The disk quota of an application that doesn't set one. */
export const DEFAULT_DISK = '1G';
export const DEFAULT_START_SECONDS = 50;
