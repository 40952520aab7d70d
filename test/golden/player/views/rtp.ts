import { type Arrival } from '../endpoint.js';
import { type ConsumerStream } from '../naming.js';
import { relative } from '../normalise.js';
import { type JsonObject, type Options } from '../recording.js';
import { isTwoByteProfile, ONE_BYTE_PROFILE, parseRtp, type WirePacket } from '../rtp-wire.js';
import { difference16, type View } from './view.js';

export const PROBATION_SSRC = 1234;

const Extension = { MID: 1, ABS_SEND_TIME: 4, TRANSPORT_WIDE: 5, ABS_CAPTURE_TIME: 10, PACKET_ID: 12 } as const;

/** Every packet of every stream, in order of arrival. */
export const rtpView: View = ({ session, naming, options }) => {
  const result: Record<string, JsonObject[]> = {};
  for (const { name, arrivals } of session.endpoints) {
    const firsts = new Map<number, WirePacket>();
    const firstPacketIds = new Map<number, number>();
    for (const arrival of arrivals) {
      if (arrival.kind !== 'rtp') continue;
      const packet = parseRtp(arrival.bytes);
      if (packet.ssrc === PROBATION_SSRC) continue;
      if (!firsts.has(packet.ssrc)) firsts.set(packet.ssrc, packet);
      const stream = naming.streams.get(packet.ssrc);
      const label = labelAt(stream?.label ?? 'unknown', name);
      (result[label] ??= []).push(describePacket(packet, arrival, { stream, options, firsts, firstPacketIds }));
    }
  }
  return result;
};

export const labelAt = (label: string, endpoint: string): string => (endpoint === '' ? label : `${label}@${endpoint}`);

interface Context {
  readonly stream: ConsumerStream | undefined;
  readonly options: Options;
  readonly firsts: ReadonlyMap<number, WirePacket>;
  readonly firstPacketIds: Map<number, number>;
}

function describePacket(packet: WirePacket, arrival: Arrival, context: Context): JsonObject {
  const first = context.firsts.get(packet.ssrc)!;
  const mediaSsrc = context.stream?.mediaSsrc;
  const result: JsonObject = {
    seq: difference16(packet.sequenceNumber, first.sequenceNumber),
    ts: (packet.timestamp - first.timestamp) | 0,
    pt: packet.payloadType,
    m: packet.marker ? 1 : 0,
    head: packet.headerSize,
  };
  if (packet.csrcs.length > 0) result.csrc = [...packet.csrcs];
  if (packet.profile !== undefined) {
    result.ext = packet.extensions.map(({ id, value }) => `${id}:${describeExtension(id, value, arrival, context)}`);
    if (packet.profile !== ONE_BYTE_PROFILE) {
      result.profile = packet.profile.toString(16).padStart(4, '0');
      if (!isTwoByteProfile(packet.profile)) result.block = shortHex(packet.extensionBlock!);
    }
  }
  if (packet.paddingSize > 0) result.padding = packet.paddingSize;
  if (mediaSsrc === undefined) {
    result.payload = shortHex(packet.payload);
  } else {
    const media = context.firsts.get(mediaSsrc);
    if (packet.payload.length >= 2) {
      const original = packet.payload.readUInt16BE(0);
      result.osn = media === undefined ? original : difference16(original, media.sequenceNumber);
    }
    result.payload = shortHex(packet.payload.subarray(2));
  }
  return result;
}

function describeExtension(id: number, value: Buffer, arrival: Arrival, context: Context): string {
  const hex = value.toString('hex');
  const { stream, options, firstPacketIds } = context;
  switch (id) {
    case Extension.MID:
      return stream?.hasMid ? value.toString() : `<${value.length}>`;
    case Extension.ABS_SEND_TIME:
    case Extension.TRANSPORT_WIDE:
      return /^0*$/.test(hex) ? '0' : '*';
    case Extension.ABS_CAPTURE_TIME:
      return value.length === 16 ? describeCaptureTime(value, arrival, options) : hex;
    case Extension.PACKET_ID: {
      const packetId = value.readUIntBE(0, Math.min(value.length, 6));
      if (options.givenPacketIds?.includes(packetId)) return `${packetId}`;
      const ssrc = arrival.bytes.readUInt32BE(8);
      if (!firstPacketIds.has(ssrc)) firstPacketIds.set(ssrc, packetId);
      return relative(packetId - firstPacketIds.get(ssrc)!);
    }
    default:
      return hex;
  }
}

const NTP_UNIX_OFFSET_S = 2_208_988_800;
const CONSISTENT_WITHIN_MS = 80;

/** Absolute capture time with an offset: what the capturer's clock is ahead of the sender's. */
function describeCaptureTime(value: Buffer, arrival: Arrival, options: Options): string {
  const timestamp = value.toString('hex', 0, 8);
  const offset = value.readBigInt64BE(8);
  if (offset === 0n) return `${timestamp}/0`;
  if (options.liveCapture) {
    const senderMs = Number(((value.readBigUInt64BE(0) - offset) * 1000n) >> 32n) - NTP_UNIX_OFFSET_S * 1000;
    const arrivalMs = performance.timeOrigin + arrival.at;
    if (Math.abs(senderMs - arrivalMs) <= CONSISTENT_WITHIN_MS) return `${timestamp}/<consistent offset>`;
  }
  return `${timestamp}/${value.toString('hex', 8)}`;
}

function shortHex(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return bytes.length <= 48 ? hex : `${hex.slice(0, 48)}..(${bytes.length})..${hex.slice(-8)}`;
}
