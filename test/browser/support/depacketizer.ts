import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';

/** A picture, with all its spatial layers, as decoders take it. */
export interface Picture {
  isKeyFrame: boolean;
  /** Not if it was cut off by a switch of simulcast streams: receivers see that its end is missing. */
  isComplete: boolean;
  data: Uint8Array;
}

type Depacketize = (payloads: Uint8Array[]) => Omit<Picture, 'isComplete'>;

const depacketizers: Record<string, Depacketize> = {
  'video/VP8': depacketizeVp8,
  'video/VP9': depacketizeVp9,
  'video/H264': depacketizeH264,
  'video/AV1': depacketizeAv1,
};

/** Makes pictures of the packets of a stream: those of one timestamp, in the order of their sequence numbers. */
export function depacketize(mimeType: string, packets: readonly RtpPacket[]): Picture[] {
  const byTimestamp = new Map<number, RtpPacket[]>();
  for (const packet of packets) {
    const others = byTimestamp.get(packet.timestamp);
    if (others) others.push(packet);
    else byTimestamp.set(packet.timestamp, [packet]);
  }
  return [...byTimestamp.values()].map(picture => {
    picture.sort((a, b) => (((a.sequenceNumber - b.sequenceNumber) & 0xffff) < 0x8000 ? 1 : -1));
    const payloads = picture.map(({ bytes, payloadOffset, payloadLength }) =>
      bytes.subarray(payloadOffset, payloadOffset + payloadLength),
    );
    return { ...depacketizers[mimeType](payloads), isComplete: picture.at(-1)!.marker };
  });
}

/** RFC 7741 §4.2 */
function depacketizeVp8(payloads: Uint8Array[]): ReturnType<Depacketize> {
  const parts = payloads.map(payload => {
    let at = 1;
    if ((payload[0] & 0x80) !== 0) {
      const extension = payload[at++];
      if ((extension & 0x80) !== 0) at += (payload[at] & 0x80) !== 0 ? 2 : 1;
      if ((extension & 0x40) !== 0) at++;
      if ((extension & 0x30) !== 0) at++;
    }
    return payload.subarray(at);
  });
  return { isKeyFrame: (parts[0][0] & 1) === 0, data: concat(parts) };
}

/** RFC 9628 §4.2 */
function depacketizeVp9(payloads: Uint8Array[]): ReturnType<Depacketize> {
  let isKeyFrame = false;
  const parts = payloads.map((payload, index) => {
    const [flags] = payload;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    let at = 1;
    if (has(0x80)) at += (payload[at] & 0x80) !== 0 ? 2 : 1;
    if (has(0x20)) at += has(0x10) ? 1 : 2;
    if (has(0x10) && has(0x40)) while ((payload[at++] & 1) !== 0);
    if (has(0x02)) at += scalabilityStructureLength(payload, at);
    if (index === 0) isKeyFrame = !has(0x40);
    return payload.subarray(at);
  });
  return { isKeyFrame, data: concat(parts) };
}

/** RFC 9628 §4.2.1 */
function scalabilityStructureLength(payload: Uint8Array, start: number): number {
  const spatialLayers = (payload[start] >> 5) + 1;
  let at = start + 1;
  if ((payload[start] & 0x10) !== 0) at += 4 * spatialLayers;
  if ((payload[start] & 0x08) !== 0) {
    for (let pictures = payload[at++]; pictures > 0; pictures--) at += 1 + ((payload[at] >> 2) & 3);
  }
  return at - start;
}

const H264_START = Uint8Array.of(0, 0, 0, 1);
const [H264_IDR, H264_STAP_A, H264_FU_A] = [5, 24, 28];

/** RFC 6184 §5.6 to §5.8, into the byte stream format (H.264 annex B). */
function depacketizeH264(payloads: Uint8Array[]): ReturnType<Depacketize> {
  const parts: Uint8Array[] = [];
  let isKeyFrame = false;
  const add = (nalUnit: Uint8Array): void => {
    if ((nalUnit[0] & 0x1f) === H264_IDR) isKeyFrame = true;
    parts.push(H264_START, nalUnit);
  };
  for (const payload of payloads) {
    const type = payload[0] & 0x1f;
    if (type === H264_STAP_A) {
      for (let at = 1; at < payload.length;) {
        const length = (payload[at] << 8) | payload[at + 1];
        add(payload.subarray(at + 2, at + 2 + length));
        at += 2 + length;
      }
    } else if (type === H264_FU_A) {
      if ((payload[1] & 0x80) !== 0) add(Uint8Array.of((payload[0] & 0xe0) | (payload[1] & 0x1f)));
      parts.push(payload.subarray(2));
    } else {
      add(payload);
    }
  }
  return { isKeyFrame, data: concat(parts) };
}

const AV1_TEMPORAL_DELIMITER = Uint8Array.of(0x12, 0);
const [AV1_HAS_EXTENSION, AV1_HAS_SIZE] = [0x04, 0x02];

/** AV1 RTP payload §4.4, into the low-overhead format with a size in every OBU (AV1 §5.2). */
function depacketizeAv1(payloads: Uint8Array[]): ReturnType<Depacketize> {
  const obus: Uint8Array[] = [];
  for (const payload of payloads) {
    const [aggregation] = payload;
    const count = (aggregation >> 4) & 3;
    let continues = (aggregation & 0x80) !== 0;
    let at = 1;
    for (let element = 1; at < payload.length; element++) {
      let length = payload.length - at;
      if (element !== count) [length, at] = leb128(payload, at);
      const part = payload.subarray(at, at + length);
      if (continues) obus.push(concat([obus.pop()!, part]));
      else obus.push(part);
      continues = false;
      at += length;
    }
  }
  const parts = obus.map(obu => {
    const headerLength = (obu[0] & AV1_HAS_EXTENSION) !== 0 ? 2 : 1;
    const header = obu.slice(0, headerLength);
    header[0] |= AV1_HAS_SIZE;
    const content = obu.subarray(headerLength);
    return concat([header, Uint8Array.of((content.length & 0x7f) | 0x80, content.length >> 7), content]);
  });
  return { isKeyFrame: (payloads[0][0] & 0x08) !== 0, data: concat([AV1_TEMPORAL_DELIMITER, ...parts]) };
}

function leb128(bytes: Uint8Array, start: number): [value: number, end: number] {
  let value = 0;
  for (let at = start, shift = 0; ; at++, shift += 7) {
    value |= (bytes[at] & 0x7f) << shift;
    if (bytes[at] < 0x80) return [value, at + 1];
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
