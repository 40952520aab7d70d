import { describe, expect, it } from 'vitest';
import { type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { type Capture, captureNames, readCapture } from './support/capture.js';
import { type Layers, playCapture, type ReceivedPacket } from './support/capture-player.js';
import { PayloadReader, Unwrapper } from './support/rtp-reader.js';
import { sentMedia } from './support/sent-media.js';

/**
 * What browsers sent goes through a Router, to one Consumer for each choice of layers. It is played twice, the second
 * time as if the browser had gone on: then capture times are known, and all layers begin with a key frame, so each
 * Consumer must get exactly what it prefers.
 */

/** After a switch of spatial layers the temporal ones are climbed one by one, ms. */
const SETTLING_TIME = 1000;

/** A packet as the publisher sent it, or as it came out. */
interface Packet extends Layers {
  /** When it was sent or received, ms. */
  at: number;
  /** Of a publisher's packet: index of the encoding. */
  encoding: number;
  /** Of a publisher's packet: whether it came by RTX only. */
  isRepair: boolean;
  seq: number;
  timestamp: number;
  marker: boolean;
  interPicture: boolean;
  pictureId: number;
  tl0PictureIndex: number;
  fingerprint: string;
}

const places: [string, boolean][] = [
  ['in the same Router', false],
  ['behind a pipe to another worker', true],
];

/** Behind a pipe one learns of capture times by the pipe's reports; the repetition with its key frames must come later. */
const MIN_DURATION_OF_PIPED_SIMULCAST = 5000;

describe.each(captureNames.flatMap(name => places.map(place => [name, ...place] as const)))(
  '%s, %s',
  (name, _, isPiped) => {
    const capture = readCapture(name);
    const producers = capture.producers
      .map(({ type, rtpParameters }, index) => ({ mimeType: rtpParameters.codecs[0].mimeType, type, index }))
      .filter(({ type }) => !isPiped || type !== 'simulcast' || capture.duration > MIN_DURATION_OF_PIPED_SIMULCAST);

    it.each(producers.map(({ mimeType, index }) => [mimeType, index] as const))(
      'every Consumer of %s gets a continuous stream of the layers it prefers, and nothing else',
      async (__, index) => {
        const { type, rtpParameters } = capture.producers[index];
        const { datagrams, outputs: played } = await playCapture(capture, index, [], isPiped);
        const sent = sentPackets(datagrams, rtpParameters);
        const outputs = played.map(({ layers, received }) => ({
          layers,
          packets: describePackets(rtpParameters.codecs[0].mimeType, received),
        }));
        const isKsvc = rtpParameters.encodings![0].scalabilityMode?.endsWith('_KEY') === true;
        const isWanted = (packet: Packet, { spatialLayer, temporalLayer }: Layers): boolean => {
          if (type === 'simple') return true;
          if (packet.temporalLayer > temporalLayer) return false;
          if (type === 'simulcast') return packet.encoding === spatialLayer;
          // In K-SVC pictures depend on lower spatial layers in key pictures only.
          return isKsvc && packet.interPicture
            ? packet.spatialLayer === spatialLayer
            : packet.spatialLayer <= spatialLayer;
        };
        const settled = sent.filter(({ at, isRepair }) => at > capture.duration + SETTLING_TIME && !isRepair);
        for (const { layers, packets } of outputs) {
          const wanted = sent.filter(packet => isWanted(packet, layers));
          const expected = wanted.filter(
            ({ encoding, seq }) => seq >= settled.find(one => one.encoding === encoding)!.seq,
          );
          // What is found to be unwanted only when it comes late, by RTX, has a number already.
          const unwantedRepairs = sent.filter(packet => packet.isRepair && !isWanted(packet, layers)).length;
          expect({ layers, problems: discontinuities(packets, type === 'simulcast').slice(unwantedRepairs) }).toEqual({
            layers,
            problems: [],
          });
          expect({ layers, end: packets.slice(-expected.length).map(({ fingerprint }) => fingerprint) }).toEqual({
            layers,
            end: expected.map(({ fingerprint }) => fingerprint),
          });
        }
      },
    );
  },
);

/** The media of a Producer in order, with what RTX repaired, each packet once. */
function sentPackets(datagrams: Capture['datagrams'], rtpParameters: RtpParameters): Packet[] {
  const [{ mimeType }] = rtpParameters.codecs;
  return sentMedia(datagrams, rtpParameters).flatMap((source, encoding) => {
    const packets = describePackets(mimeType, source).map(packet => ({ ...packet, encoding }));
    return packets.filter(({ seq }, index) => seq !== packets[index - 1]?.seq);
  });
}

/** The packets of one stream, in the order of their sequence numbers. */
function describePackets(mimeType: string, received: ReceivedPacket[]): Packet[] {
  const reader = new PayloadReader(mimeType);
  const [seqs, timestamps] = [new Unwrapper(16), new Unwrapper(32)];
  return received
    .map(({ at, packet, isRepair }) => {
      reader.read(packet);
      const { spatialLayer, temporalLayer, interPicture, pictureId, tl0PictureIndex } = packet.descriptor;
      const seq = seqs.unwrap(packet.sequenceNumber);
      const timestamp = timestamps.unwrap(packet.timestamp);
      const { marker } = packet;
      const layers = { spatialLayer, temporalLayer, interPicture, pictureId, tl0PictureIndex };
      return { at, encoding: 0, isRepair, seq, timestamp, marker, ...layers, fingerprint: reader.fingerprint(packet) };
    })
    .sort((a, b) => a.seq - b.seq);
}

/** What a receiver would stumble over. */
function discontinuities(packets: Packet[], mayCut: boolean): string[] {
  const problems: string[] = [];
  for (const [index, packet] of packets.entries()) {
    const before = packets[index - 1] as Packet | undefined;
    if (before === undefined) continue;
    const note = (what: string): void =>
      void problems.push(`${what} at ${packet.at} ms, ${packet.seq - packets[0].seq}`);
    // A frame that was cut off by a switch shows by a gap.
    const isCut = mayCut && !before.marker && packet.timestamp !== before.timestamp;
    if (packet.seq - before.seq !== (isCut ? 2 : 1)) note('gap');
    if (packet.timestamp < before.timestamp) note('timestamp');
  }
  return problems;
}
