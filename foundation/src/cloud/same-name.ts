/** Names keep the case that they were given, and are compared without it. */
export const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
