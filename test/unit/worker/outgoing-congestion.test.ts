import { beforeEach, describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { TimerQueue } from '../../../src/common/timer-queue.js';
import { type Consumer } from '../../../src/worker/consumer.js';
import { type WorkerContext } from '../../../src/worker/context.js';
import { type EgressPacket } from '../../../src/worker/egress.js';
import { OutgoingCongestion } from '../../../src/worker/outgoing-congestion.js';
import { consumeRequest, MediaHarness } from './media-support.js';

const INITIAL = 600_000;

/** When the available bitrate was to be distributed, and what it was. */
let distributed: [at: number, bitrate: number | undefined][];
let congestion: OutgoingCongestion;
let timers: TimerQueue;

beforeEach(() => {
  distributed = [];
  timers = new TimerQueue();
  const context = { memory: new PacketMemory(), runtime: { timers } } as unknown as WorkerContext;
  const owner = {
    onAvailableBitrate: (now: number) => distributed.push([now, congestion.availableBitrate]),
    onPacedPacket: () => {},
    sendPadding: () => {},
  };
  const options = {
    direct: false,
    initialAvailableOutgoingBitrate: INITIAL,
    maxSendMessageSize: 0,
    maxReceiveMessageSize: 0,
    sctp: undefined,
  };
  congestion = new OutgoingCongestion(context, owner, options);
});

/** A Consumer whose receiver gives transport-wide feedback. */
const withFeedback = (): Consumer =>
  new MediaHarness().consume(
    consumeRequest({ codec: { feedback: [['transport-cc', '']] }, extensions: [['TransportWideCcDraft01', 5]] }),
  );

describe('a packet that is sent', () => {
  /** What is written into it: abs-send-time, and the transport-wide sequence number. */
  function stamp(now: number, hasNumber = true): [sendTime: number, sequenceNumber?: number] {
    let sendTime = NaN;
    let written: number | undefined;
    const packet = {
      length: 100,
      writeAbsSendTime: (value: number) => ((sendTime = value), true),
      writeTransportWideCc: (value: number) => (hasNumber && (written = value), hasNumber),
    };
    congestion.stampPacket(packet as unknown as EgressPacket, now);
    return written === undefined ? [sendTime] : [sendTime, written];
  }

  it('carries the time in 6.18 s, and a number that counts from 1', () => {
    congestion.negotiate(withFeedback());
    congestion.connected(10_000);
    expect(stamp(10_000)).toEqual([10 << 18, 1]);
    // Audio has no number.
    expect(stamp(10_500, false)).toEqual([10.5 * 2 ** 18]);
    expect(stamp(64_000 + 250)).toEqual([2 ** 16, 2]);
  });

  it('has numbers of 16 bits', () => {
    congestion.negotiate(withFeedback());
    let last: number | undefined;
    for (let i = 0; i <= 65_536; i++) [, last] = stamp(10_000);
    expect(last).toBe(1);
  });

  it('carries the time alone if there is no transport-wide feedback', () => {
    expect(stamp(1000)).toEqual([1 << 18]);
  });
});

describe('a receiver with REMBs', () => {
  it('is given less if it reports loss', () => {
    const feedback: [string, string][] = [['goog-remb', '']];
    const extensions: ['AbsSendTime', number][] = [['AbsSendTime', 4]];
    congestion.negotiate(new MediaHarness().consume(consumeRequest({ codec: { feedback }, extensions })));
    congestion.connected(10_000);
    congestion.setDesiredBitrate(2_000_000, false, 10_000);
    congestion.receiveRemb(1_000_000, 10_000);
    congestion.receiveReportBlock(5001, 100, 0);
    congestion.receiveReceiverReport(0, 10_000);
    expect(congestion.availableBitrate).toBe(1_000_000);
    congestion.receiveReportBlock(5001, 200, 50);
    congestion.receiveReceiverReport(40, 11_000);
    expect(congestion.availableBitrate).toBe(750_000);
    expect(congestion.packetLoss).toBe(0.5);
  });
});

describe('the bitrate that is available at first', () => {
  it('is distributed as soon as there is a connection, and then once a second', () => {
    congestion.negotiate(withFeedback());
    expect(distributed).toEqual([]);
    congestion.connected(10_000);
    expect(distributed).toEqual([[10_000, INITIAL]]);
    for (let now = 10_000; now <= 12_000; now += 100) timers.run(now);
    expect(distributed.map(([at]) => at)).toEqual([10_000, 11_000, 12_000]);
  });

  it('may be estimated however little is desired, and 35 % more than that is', () => {
    congestion.negotiate(withFeedback());
    congestion.connected(10_000);
    congestion.setDesiredBitrate(100_000, false, 10_000);
    expect(congestion.describe().maxBitrate).toBe(BigInt(INITIAL));
    congestion.setDesiredBitrate(1_000_000, false, 10_000);
    expect(congestion.describe().maxBitrate).toBe(1_350_000n);
    congestion.setDesiredBitrate(0, true, 10_000);
    expect(congestion.describe().maxBitrate).toBe(BigInt(INITIAL));
    // A limit of the application counts more.
    congestion.setMaxOutgoingBitrate(300_000, 10_000);
    expect(congestion.describe().maxBitrate).toBe(300_000n);
  });
});
