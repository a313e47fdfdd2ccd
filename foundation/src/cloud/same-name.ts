/** Names keep their case, but are compared without it. */
export const isSameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();
