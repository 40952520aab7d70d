import { describe, expect, it } from 'vitest';
import { type Consumer } from '../../src/api/types/consumer.js';
import { type RouterRtpCodecCapability, type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { createHeaderExtensionIds, HEADER_EXTENSION_URIS } from '../../src/rtp/header-extension.js';
import { type RtpPacket } from '../../src/rtp/rtp-packet.js';
import { Simulation } from '../../src/testing/simulation.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { type Capture, captureNames, readCapture } from './support/capture.js';
import { repeatCapture } from './support/capture-repeater.js';
import { parseRtp, PayloadReader, Unwrapper } from './support/rtp-reader.js';
import { SimulatedWorker } from './support/simulated-worker.js';

/**
 * What browsers sent goes through a Router, to one Consumer for each choice of layers. It is played twice, the second
 * time as if the browser had gone on: then capture times are known, and all layers begin with a key frame, so each
 * Consumer must get exactly what it prefers.
 */

const [WORKER, PUBLISHER, SUBSCRIBER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** After a switch of spatial layers the temporal ones are climbed one by one, ms. */
const SETTLING_TIME = 1000;

interface Layers {
  spatialLayer: number;
  temporalLayer: number;
}

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

interface ReceivedPacket {
  at: number;
  packet: RtpPacket;
  isRepair: boolean;
}

interface Output {
  layers: Layers;
  packets: Packet[];
}

describe.each(captureNames)('%s', name => {
  const capture = readCapture(name);

  it.each(capture.producers.map(({ rtpParameters }, index) => [rtpParameters.codecs[0].mimeType, index] as const))(
    'every Consumer of %s gets a continuous stream of the layers it prefers, and nothing else',
    async (_, index) => {
      const { type, rtpParameters } = capture.producers[index];
      const { sent, outputs } = await play(capture, index);
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
});

/** Plays a capture twice to a Router that has one Consumer of a Producer for each choice of layers. */
async function play(capture: Capture, producerIndex: number): Promise<{ sent: Packet[]; outputs: Output[] }> {
  const world = new Simulation({ seed: 1 });
  const worker = await SimulatedWorker.start(world, WORKER);
  const router = await worker.settle(worker.api.createRouter({ mediaCodecs: mediaCodecsOf(capture) }));
  const listenInfo = { protocol: 'udp', ip: WORKER } as const;
  const publishing = await worker.settle(router.createPlainTransport({ listenInfo, comedia: true }));
  const producers = [];
  for (const { kind, rtpParameters } of capture.producers) {
    producers.push(await worker.settle(publishing.produce({ kind, rtpParameters })));
  }
  const publisher = world.createRuntime('publisher', PUBLISHER);
  const socket = publisher.udp.bind({ ip: PUBLISHER, port: 0 }, { onDatagram: () => {} });
  const remote = socket.remoteAddress(WORKER, publishing.tuple.localPort);

  const received: { at: number; bytes: Uint8Array }[] = [];
  const onDatagram = (bytes: Uint8Array, _: unknown, at: number): void => {
    if ((bytes[1] & 0x7f) < 64 || (bytes[1] & 0x7f) > 95) received.push({ at, bytes: bytes.slice() });
  };
  const subscriber = world.createRuntime('subscriber', SUBSCRIBER);
  const sink = subscriber.udp.bind({ ip: SUBSCRIBER, port: 0 }, { onDatagram });
  const subscribing = await worker.settle(router.createPlainTransport({ listenInfo }));
  await worker.settle(subscribing.connect({ ip: SUBSCRIBER, port: sink.port }));
  const { rtpParameters } = capture.producers[producerIndex];
  const consumers = new Map<Consumer, Layers>();
  for (const layers of choices(rtpParameters)) {
    const options = {
      producerId: producers[producerIndex].id,
      rtpCapabilities: capabilitiesWithoutCongestionControl(router),
    };
    const consumer = await worker.settle(subscribing.consume({ ...options, preferredLayers: layers }));
    consumers.set(consumer, layers);
  }

  const datagrams = [...capture.datagrams, ...repeatCapture(capture)];
  const start = world.time.now();
  for (const { at, bytes } of datagrams) world.time.at(start + at, () => socket.send(bytes, 0, bytes.length, remote));
  await world.time.advanceAsync(2 * capture.duration + 1000);
  await worker.close();

  const outputs = [...consumers].map(([consumer, layers]) => {
    const { codecs, encodings = [] } = consumer.rtpParameters;
    const own = received.map(({ at, bytes }) => ({ at, packet: parseRtp(bytes), isRepair: false }));
    return {
      layers,
      packets: describePackets(
        codecs[0].mimeType,
        own.filter(({ packet }) => packet.ssrc === encodings[0].ssrc),
      ),
    };
  });
  return { sent: sentPackets(datagrams, rtpParameters), outputs };
}

function mediaCodecsOf({ producers }: Capture): RouterRtpCodecCapability[] {
  return producers.map(({ kind, rtpParameters: { codecs } }) => {
    const [{ mimeType, clockRate, channels, parameters }] = codecs;
    return { kind, mimeType, clockRate, channels, parameters } as RouterRtpCodecCapability;
  });
}

/** All layers that can be preferred. */
function choices({ encodings = [] }: RtpParameters): Layers[] {
  const [, spatial, temporal] = /^[LS](\d)T(\d)/.exec(encodings[0].scalabilityMode ?? 'L1T1')!.map(Number);
  const spatialLayers = encodings.length > 1 ? encodings.length : spatial;
  return Array.from({ length: spatialLayers * temporal }, (_, i) => ({
    spatialLayer: Math.floor(i / temporal),
    temporalLayer: i % temporal,
  }));
}

/** The media of a Producer in order, with what RTX repaired, each packet once. */
function sentPackets(datagrams: Capture['datagrams'], rtpParameters: RtpParameters): Packet[] {
  const [{ payloadType, mimeType }, rtxCodec] = rtpParameters.codecs;
  const extensionIds = createHeaderExtensionIds();
  for (const { uri, id } of rtpParameters.headerExtensions ?? []) {
    const extension = HEADER_EXTENSION_URIS.indexOf(uri) + 1;
    if (extension > 0) extensionIds[extension] = id;
  }
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
  return bySource.flatMap((source, encoding) => {
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
