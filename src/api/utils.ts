import { randomInt, randomUUID } from 'node:crypto';
import { type AppData } from './types/app-data.js';

/** A deep copy of plain data. Throws a DataCloneError if there is a function in it. */
export const clone = <T>(value: T): T => (value === undefined ? value : structuredClone(value));

export const generateUUIDv4 = (): string => randomUUID();

/** Nine digits: an SSRC with room for consecutive ones above it. */
export const generateRandomNumber = (): number => randomInt(100_000_000, 999_999_999);

/** Throws a TypeError unless application data is an object or absent. */
export function checkAppData(appData: unknown): void {
  if (appData && typeof appData !== 'object') throw new TypeError('if given, appData must be an object');
}

/** What an object without application data has: an empty object of its own. */
export const appDataOrEmpty = <T extends AppData>(appData: T | undefined): T => appData ?? ({} as T);
