import { randomInt } from 'node:crypto';

const ADJECTIVES = [
  'amber',
  'brisk',
  'calm',
  'clever',
  'early',
  'fair',
  'keen',
  'lucky',
  'mellow',
  'quiet',
  'sunny',
  'wise',
];
const NOUNS = [
  'badger',
  'cedar',
  'falcon',
  'harbor',
  'heron',
  'lynx',
  'maple',
  'meadow',
  'otter',
  'puffin',
  'river',
  'wolf',
];
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.split('');

const oneOf = (words: readonly string[]): string => words[randomInt(words.length)] ?? '';

/** The end of a random route in the platform's format, such as `calm-otter-qx`. */
export const randomWords = (): string => `${oneOf(ADJECTIVES)}-${oneOf(NOUNS)}-${oneOf(LETTERS)}${oneOf(LETTERS)}`;
