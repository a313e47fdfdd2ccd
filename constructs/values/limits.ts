/** What the platform, the operating system, and the proxy allow. */

/** Characters of a seed. A shorter one can be found by trying: whoever has one password can tell whether a guess is right. */
export const LEAST_SEED_CHARACTERS = 32;

/** Different characters of a seed. */
export const LEAST_DIFFERENT_CHARACTERS = 10;

/**
 * What Linux takes as one variable, name, equals sign and closing zero byte included (MAX_ARG_STRLEN).
 *
 * @see https://man7.org/linux/man-pages/man2/execve.2.html
 */
export const VARIABLE_BYTES = 128 * 1024;

/**
 * What all lists together may take. Linux gives a program a quarter of its stack limit, 2 MiB by default, for arguments and
 * environment together; half of that stays for what the platform and the image set.
 */
export const ALL_LISTS_BYTES = 1024 * 1024;

/** The longest start timeout of an application that the platform takes, in seconds. */
export const LONGEST_START_SECONDS = 180;

/** What an application gets that does not say. */
export const DEFAULT_DISK = '1G';
export const DEFAULT_START_SECONDS = 50;
