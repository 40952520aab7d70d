import { type Endpoint } from '../endpoint.js';
import { type JsonObject } from '../recording.js';
import { parseRtp, type WirePacket } from '../rtp-wire.js';
import { labelAt, PROBATION_SSRC } from './rtp.js';
import { difference16, groupBy, perEndpoint, sorted, unique, type View } from './view.js';

interface Received {
  readonly at: number;
  readonly size: number;
  readonly packet: WirePacket;
}

/** How many packets of each stream, and whether what the transport numbers and stamps is in order. */
export const rtpSummaryView: View = ({ session, naming }) => {
  const result: JsonObject = {};
  for (const endpoint of session.endpoints) {
    const received = receivedPackets(endpoint);
    for (const [ssrc, packets] of groupBy(received, ({ packet }) => packet.ssrc)) {
      const label = ssrc === PROBATION_SSRC ? 'probation' : (naming.streams.get(ssrc)?.label ?? 'unknown');
      result[labelAt(label, endpoint.name)] = summarise(packets);
    }
    const wide = extensionValues(received, 5).map(({ value }) => value);
    if (wide.some(number => number !== 0)) {
      const contiguous = wide.every((number, index) => index === 0 || difference16(number, wide[index - 1]) === 1);
      result[`(wide)@${endpoint.name}`] = { first: wide[0], contiguous };
    }
    const sendTimes = extensionValues(received, 4);
    if (sendTimes.length > 0) result[`(sendtime)@${endpoint.name}`] = stepsAgree(sendTimes);
  }
  return result;
};

/** What the packets that probe for bandwidth look like. */
export const probationView: View = ({ session }) =>
  perEndpoint(session.endpoints, endpoint => {
    const packets = receivedPackets(endpoint).filter(({ packet }) => packet.ssrc === PROBATION_SSRC);
    if (packets.length === 0) return undefined;
    const of = <Value>(read: (packet: WirePacket) => Value): Value[] =>
      unique(packets.map(({ packet }) => read(packet)));
    return {
      payloadTypes: of(({ payloadType }) => payloadType),
      markers: of(({ marker }) => marker).includes(true),
      ext: packets[0].packet.extensions.map(({ id, value }) =>
        id === 1 ? `1:${value.toString()}` : `${id}:<${value.length}>`,
      ),
      heads: of(({ headerSize }) => headerSize),
      padding: of(({ paddingSize }) => paddingSize > 0).includes(true),
      zeroPayload: packets.every(({ packet }) => packet.payload.every(byte => byte === 0)),
      seqSteps: steps(packets, ({ sequenceNumber }) => sequenceNumber, difference16),
      tsSteps: steps(
        packets,
        ({ timestamp }) => timestamp,
        (a, b) => (a - b) | 0,
      ),
      multipleOfFour: packets.every(({ size }) => size % 4 === 0),
      upTo1400: packets.every(({ size }) => size <= 1400),
    } satisfies JsonObject;
  });

const receivedPackets = ({ arrivals }: Endpoint): Received[] =>
  arrivals
    .filter(({ kind }) => kind === 'rtp')
    .map(({ at, bytes }) => ({ at, size: bytes.length, packet: parseRtp(bytes) }));

function summarise(received: readonly Received[]): JsonObject {
  let highest = received[0].packet.sequenceNumber;
  let lowest = highest;
  const numbers = received.map(({ packet: { sequenceNumber } }) => {
    const number = highest + difference16(sequenceNumber, highest & 0xffff);
    highest = Math.max(highest, number);
    lowest = Math.min(lowest, number);
    return number;
  });
  const distinct = new Set(numbers).size;
  return {
    packets: received.length,
    holes: highest - lowest + 1 - distinct,
    duplicates: received.length - distinct,
    markers: received.filter(({ packet }) => packet.marker).length,
    payloadTypes: sorted(received.map(({ packet }) => packet.payloadType)),
    largest: Math.max(...received.map(({ size }) => size)),
  };
}

function extensionValues(received: readonly Received[], wanted: number): { at: number; value: number }[] {
  return received.flatMap(({ at, packet }) =>
    packet.extensions
      .filter(({ id }) => id === wanted)
      .map(({ value }) => ({ at, value: value.readUIntBE(0, value.length) })),
  );
}

const STEPS_AGREE_WITHIN_MS = 40;

/** Whether the steps of abs-send-time (6.18 fixed point seconds) are those of the arrival. */
function stepsAgree(sendTimes: readonly { at: number; value: number }[]): boolean {
  return sendTimes.every(({ at, value }, index) => {
    if (index === 0) return true;
    const before = sendTimes[index - 1];
    const stepMs = ((((value - before.value) << 8) >> 8) * 1000) / 2 ** 18;
    return Math.abs(stepMs - (at - before.at)) <= STEPS_AGREE_WITHIN_MS;
  });
}

function steps(
  received: readonly Received[],
  read: (packet: WirePacket) => number,
  subtract: (a: number, b: number) => number,
): number[] {
  const values = received.map(({ packet }) => read(packet));
  return sorted(values.slice(1).map((value, index) => subtract(value, values[index])));
}
