/**
 * Subchannels: numbers a data message can carry, which DataConsumers subscribe to.
 *
 * Over a PipeTransport they travel in front of the payload, if there is any:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                       token 0xA5F09CB3                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    token 0xD6E1F28C             | required | ignored
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             count             |        subchannel ...         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  required, if its flag is set |  ignored, if its flag is set  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The two lowest bits of the token are the flags: 2 = a required subchannel, 1 = an ignored one.
 */

/** Which subchannels a message is for. */
export interface MessageSubchannels {
  /** Empty: for everybody. Otherwise for those who subscribed to one of them. */
  readonly subchannels: readonly number[];
  /** Only for those who subscribed to it. */
  readonly required: number | undefined;
  /** Not for those who subscribed to it. */
  readonly ignored: number | undefined;
}

export const NO_SUBCHANNELS: MessageSubchannels = { subchannels: [], required: undefined, ignored: undefined };

/**
 * Whether a message is for a DataConsumer that subscribed to `subscribed`. A piped one serves a whole router: without
 * subscriptions it takes everything, and it leaves `ignored` to the DataConsumers behind it.
 */
export function acceptsMessage(subscribed: ReadonlySet<number>, message: MessageSubchannels, pipe: boolean): boolean {
  if (pipe && subscribed.size === 0) return true;
  if (message.required !== undefined && !subscribed.has(message.required)) return false;
  if (message.ignored !== undefined && subscribed.has(message.ignored) && !pipe) return false;
  return message.subchannels.length === 0 || message.subchannels.some(subchannel => subscribed.has(subchannel));
}

const TOKEN_HIGH = 0xa5f09cb3;
const TOKEN_LOW = 0xd6e1f28c;
const REQUIRED_FLAG = 2;
const IGNORED_FLAG = 1;
const FLAGS = REQUIRED_FLAG | IGNORED_FLAG;
/** Token and count. */
const FIXED_LENGTH = 10;
const MAX_SUBCHANNELS = 0xffff;

/** `payload` with the subchannels in front; `payload` itself if there are none (or more than can be written). */
export function encodeSubchannels(payload: Uint8Array, message: MessageSubchannels): Uint8Array {
  const { subchannels, required, ignored } = message;
  if (subchannels.length > MAX_SUBCHANNELS) return payload;
  if (subchannels.length === 0 && required === undefined && ignored === undefined) return payload;

  const extra = (required === undefined ? 0 : 1) + (ignored === undefined ? 0 : 1);
  const headerLength = FIXED_LENGTH + 2 * (subchannels.length + extra);
  const bytes = new Uint8Array(headerLength + payload.length);
  const view = new DataView(bytes.buffer);
  const flags = (required === undefined ? 0 : REQUIRED_FLAG) | (ignored === undefined ? 0 : IGNORED_FLAG);
  view.setUint32(0, TOKEN_HIGH);
  view.setUint32(4, TOKEN_LOW | flags);
  view.setUint16(8, subchannels.length);
  let position = FIXED_LENGTH;
  for (const subchannel of subchannels) position = writeUint16(view, position, subchannel);
  if (required !== undefined) position = writeUint16(view, position, required);
  if (ignored !== undefined) position = writeUint16(view, position, ignored);
  bytes.set(payload, position);
  return bytes;
}

/** What `encodeSubchannels` made, or undefined if `bytes` does not begin with (complete) subchannels. */
export function decodeSubchannels(bytes: Uint8Array): { payload: Uint8Array; message: MessageSubchannels } | undefined {
  if (bytes.length < FIXED_LENGTH) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const low = view.getUint32(4);
  if (view.getUint32(0) !== TOKEN_HIGH || (low & ~FLAGS) >>> 0 !== TOKEN_LOW) return undefined;

  const count = view.getUint16(8);
  const hasRequired = (low & REQUIRED_FLAG) !== 0;
  const hasIgnored = (low & IGNORED_FLAG) !== 0;
  const headerLength = FIXED_LENGTH + 2 * (count + (hasRequired ? 1 : 0) + (hasIgnored ? 1 : 0));
  if (bytes.length < headerLength) return undefined;

  const subchannels = Array.from({ length: count }, (_, i) => view.getUint16(FIXED_LENGTH + 2 * i));
  let position = FIXED_LENGTH + 2 * count;
  const required = hasRequired ? view.getUint16(position) : undefined;
  if (hasRequired) position += 2;
  const ignored = hasIgnored ? view.getUint16(position) : undefined;
  return { payload: bytes.subarray(headerLength), message: { subchannels, required, ignored } };
}

function writeUint16(view: DataView, position: number, value: number): number {
  view.setUint16(position, value);
  return position + 2;
}
