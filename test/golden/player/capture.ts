import { type ApiObject } from './backend.js';
import { type Json, type JsonObject } from './recording.js';

/** A copy of a value of the API as JSON, taken at once because objects change later. Nothing is masked yet. */
export function capture(value: unknown): Json {
  if (value === null || value === undefined || typeof value === 'function') return null;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return captureBytes(value);
  if (value instanceof Error) return captureError(value);
  if (Array.isArray(value)) return value.map(capture);
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)].map(capture);
  if (value instanceof Set) return [...(value as Set<unknown>)].map(capture);
  const object = value as ApiObject;
  if ('id' in object && 'observer' in object) return { ref: object.id as string };
  const result: JsonObject = {};
  for (const [key, member] of Object.entries(object)) {
    if (member !== undefined && typeof member !== 'function') result[key] = capture(member);
  }
  return result;
}

export function captureError(error: unknown): JsonObject {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) };
  return { name: error.constructor.name, message: error.message };
}

export function captureBytes(bytes: Uint8Array): JsonObject {
  const hex = Buffer.from(bytes).toString('hex');
  return bytes.length <= 40 ? { hex } : { length: bytes.length, head: hex.slice(0, 32), tail: hex.slice(-8) };
}

/** The properties of `object` that are defined. */
export function captureProperties(object: ApiObject, properties: readonly string[]): JsonObject {
  const result: JsonObject = {};
  for (const property of properties) {
    if (object[property] !== undefined) result[property] = capture(object[property]);
  }
  return result;
}
