import { type RtpCodecParameters } from '../../../src/api/types/rtp-parameters.js';
import { type RecordedDatagram } from '../../../src/testing/rtp-dump.js';
import { type Capture } from './capture.js';
import { parseRtp, PayloadReader, Unwrapper } from './rtp-reader.js';

interface Span {
  numbers: Unwrapper;
  first: number;
  last: number;
}

/** The same datagrams once more, as if the browser had gone on: with numbers and times that continue those before. */
export function repeatCapture({ datagrams, producers, duration }: Capture): RecordedDatagram[] {
  const codecs = producers.flatMap(({ rtpParameters }) => rtpParameters.codecs);
  const codecOf = (payloadType: number): RtpCodecParameters => codecs.find(codec => codec.payloadType === payloadType)!;
  const sequences = new Map<number, Span>();
  const pictureIds = new Map<number, Span>();
  const tl0s = new Map<number, Span>();
  const clockRates = new Map<number, number>();
  for (const { isRtcp, bytes } of datagrams) {
    if (isRtcp) continue;
    const packet = parseRtp(bytes);
    const codec = codecOf(packet.payloadType);
    clockRates.set(packet.ssrc, codec.clockRate);
    extend(sequences, packet.ssrc, packet.sequenceNumber, 16);
    if (isRtx(codec)) continue;
    new PayloadReader(codec.mimeType).read(packet);
    const { pictureId, tl0PictureIndex } = packet.descriptor;
    if (pictureId >= 0) extend(pictureIds, packet.ssrc, pictureId, 15);
    if (tl0PictureIndex >= 0) extend(tl0s, packet.ssrc, tl0PictureIndex, 8);
  }
  // RTX belongs to the media stream that its packets repeat: the one with these sequence numbers.
  const mediaOf = (sequenceNumber: number): number =>
    [...sequences].find(
      ([ssrc, { first, last }]) => pictureIds.has(ssrc) && ((sequenceNumber - first) & 0xffff) <= last - first,
    )?.[0] ?? [...sequences.keys()][0];

  return datagrams.map(({ at, isRtcp, bytes }) => {
    const copy = bytes.slice();
    if (isRtcp) shiftSenderReports(copy, duration, ssrc => clockRates.get(ssrc) ?? 0);
    else {
      const packet = parseRtp(copy);
      const codec = codecOf(packet.payloadType);
      const view = new DataView(copy.buffer);
      view.setUint16(2, packet.sequenceNumber + length(sequences, packet.ssrc));
      view.setUint32(4, packet.timestamp + (duration * codec.clockRate) / 1000);
      const payload = packet.payloadOffset - packet.offset;
      if (!isRtx(codec)) shiftPayload(copy, payload, codec, packet.ssrc);
      else if (packet.payloadLength > 2) {
        const original = view.getUint16(payload);
        const ssrc = mediaOf(original);
        view.setUint16(payload, original + length(sequences, ssrc));
        shiftPayload(copy, payload + 2, codecOf(Number(codec.parameters!.apt)), ssrc);
      }
    }
    return { at: at + duration, isRtcp, bytes: copy };
  });

  function shiftPayload(bytes: Uint8Array, payload: number, { mimeType }: RtpCodecParameters, ssrc: number): void {
    if (!pictureIds.has(ssrc)) return;
    const view = new DataView(bytes.buffer);
    // VP8: after X and its octet; VP9: after the first octet. Both browsers send 15 bits.
    const at = payload + (mimeType === 'video/VP8' ? 2 : 1);
    view.setUint16(at, 0x8000 | ((view.getUint16(at) + length(pictureIds, ssrc)) & 0x7fff));
    if (mimeType === 'video/VP8' && tl0s.has(ssrc)) bytes[at + 2] += length(tl0s, ssrc);
  }
}

const isRtx = ({ mimeType }: RtpCodecParameters): boolean => mimeType.endsWith('/rtx');
const length = (spans: Map<number, Span>, ssrc: number): number => {
  const span = spans.get(ssrc)!;
  return span.last - span.first + 1;
};

function extend(spans: Map<number, Span>, ssrc: number, value: number, bits: number): void {
  const span = spans.get(ssrc);
  if (span === undefined) {
    const numbers = new Unwrapper(bits);
    spans.set(ssrc, { numbers, first: numbers.unwrap(value), last: value });
  } else {
    const unwrapped = span.numbers.unwrap(value);
    span.first = Math.min(span.first, unwrapped);
    span.last = Math.max(span.last, unwrapped);
  }
}

/** RFC 3550 §6.4.1: NTP time at 8, RTP time at 16. */
function shiftSenderReports(bytes: Uint8Array, duration: number, clockRateOf: (ssrc: number) => number): void {
  const view = new DataView(bytes.buffer);
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4 * (view.getUint16(offset + 2) + 1)) {
    if (bytes[offset + 1] !== 200) continue;
    const fraction = view.getUint32(offset + 12) / 2 ** 32 + (duration % 1000) / 1000;
    view.setUint32(offset + 8, view.getUint32(offset + 8) + Math.floor(duration / 1000) + Math.floor(fraction));
    view.setUint32(offset + 12, (fraction % 1) * 2 ** 32);
    const ticks = (duration * clockRateOf(view.getUint32(offset + 4))) / 1000;
    view.setUint32(offset + 16, view.getUint32(offset + 16) + ticks);
  }
}
