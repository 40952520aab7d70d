import { type RtpParameters } from '../../../src/api/types/rtp-parameters.js';
import { type Capture } from './capture.js';
import { type ReceivedPacket } from './capture-player.js';
import { extensionIdsOf, parseRtp, Unwrapper } from './rtp-reader.js';

/** The media that a Producer's publisher sent, by encoding, with what came by RTX only, in the order in which it came. */
export function sentMedia(datagrams: Capture['datagrams'], rtpParameters: RtpParameters): ReceivedPacket[][] {
  const [{ payloadType }, rtxCodec] = rtpParameters.codecs;
  const extensionIds = extensionIdsOf(rtpParameters);
  const encodings = rtpParameters.encodings!.map(({ rid, ssrc }) => rid ?? ssrc);
  const encodingBySsrc = new Map<number, number>();
  const bySource = encodings.map((): ReceivedPacket[] => []);
  for (const { at, isRtcp, bytes } of datagrams) {
    if (isRtcp) continue;
    const packet = parseRtp(bytes, extensionIds);
    const isRtx = packet.payloadType === rtxCodec?.payloadType && packet.payloadLength > 2;
    if (packet.payloadType !== payloadType && !isRtx) continue;
    let encoding = encodingBySsrc.get(packet.ssrc);
    if (encoding === undefined) {
      encoding = encodings.length === 1 ? 0 : encodings.indexOf(packet.readRid() ?? packet.ssrc);
      encodingBySsrc.set(packet.ssrc, encoding);
    }
    const source = bySource[encoding];
    // RTX before the first media packet is of no use.
    if (isRtx && (source.length === 0 || !packet.decodeRtx(payloadType, source[0].packet.ssrc))) continue;
    if (packet.payloadLength > 0) source.push({ at, packet, isRepair: isRtx });
  }
  return bySource;
}

/** The packets of one stream in the order of their sequence numbers, each once. */
export function inOrder(packets: readonly ReceivedPacket[]): ReceivedPacket[] {
  const seqs = new Unwrapper(16);
  const sorted = packets
    .map(one => ({ one, seq: seqs.unwrap(one.packet.sequenceNumber) }))
    .sort((a, b) => a.seq - b.seq);
  return sorted.filter(({ seq }, index) => seq !== sorted[index - 1]?.seq).map(({ one }) => one);
}
