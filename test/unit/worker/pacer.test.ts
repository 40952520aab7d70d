import { beforeEach, describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { EgressPacket } from '../../../src/worker/egress.js';
import { Admission, MAX_PACING_DELAY, Pacer } from '../../../src/worker/pacer.js';

const LENGTH = 1000;

let memory: PacketMemory;
let pacer: Pacer;
let pacingBitrate: number;
/** What left the pacer: when, and the SSRC. */
let sent: [at: number, ssrc: number][];

beforeEach(() => {
  memory = new PacketMemory();
  pacingBitrate = 800_000;
  sent = [];
  pacer = new Pacer(memory, {
    get pacingBitrate() {
      return pacingBitrate;
    },
    onPacerSend: (packet, now) => sent.push([now, packet.ssrc]),
  });
});

/** Hands a packet in, as a Consumer does: it lets go of its slots afterwards. */
function admit(ssrc: number, now: number, isRetransmission = false): Admission {
  const packet = new EgressPacket(memory);
  packet.handle = memory.allocate(100);
  packet.sourceHandle = memory.allocate(LENGTH);
  packet.prefixLength = 20;
  packet.restLength = LENGTH - 20;
  packet.ssrc = ssrc;
  const admission = pacer.admit(packet, isRetransmission, now);
  memory.release(packet.handle);
  memory.release(packet.sourceHandle);
  return admission;
}

function runUntil(end: number): void {
  while (pacer.nextDeadline <= end) pacer.onTimeout(pacer.nextDeadline);
}

describe('Pacer', () => {
  it('lets packets pass that come no faster than the pacing bitrate', () => {
    for (let now = 0; now < 1000; now += 10) expect(admit(1, now)).toBe(Admission.send);
    expect(pacer.nextDeadline).toBe(Infinity);
    expect(memory.slotsInUse).toBe(0);
  });

  it('stretches a burst, in order', () => {
    for (let ssrc = 0; ssrc < 20; ssrc++) admit(ssrc, 0);
    runUntil(1000);
    expect(sent.map(([, ssrc]) => ssrc)).toEqual(Array.from({ length: 19 }, (_, i) => i + 1));
    // 20 packets of 10 ms each.
    expect(sent.at(-1)![0]).toBeGreaterThan(170);
    expect(sent.at(-1)![0]).toBeLessThanOrEqual(200);
    expect(memory.slotsInUse).toBe(0);
  });

  it('lets no packet wait longer than the limit, and does not hold that against later ones', () => {
    pacingBitrate = 80_000;
    for (let ssrc = 0; ssrc < 50; ssrc++) admit(ssrc, 0);
    runUntil(MAX_PACING_DELAY);
    expect(sent).toHaveLength(49);
    runUntil(MAX_PACING_DELAY + 1);
    admit(99, MAX_PACING_DELAY + 1);
    admit(100, MAX_PACING_DELAY + 1);
    runUntil(MAX_PACING_DELAY + 400);
    expect(sent.at(-1)![1]).toBe(100);
  });

  it('sends retransmissions first, and drops them when too much waits', () => {
    for (let ssrc = 0; ssrc < 5; ssrc++) admit(ssrc, 0);
    expect(admit(50, 0, true)).toBe(Admission.wait);
    runUntil(100);
    expect(sent[0][1]).toBe(50);
    for (let ssrc = 0; ssrc < 20; ssrc++) admit(ssrc, 100);
    expect(admit(51, 100, true)).toBe(Admission.drop);
  });

  it('gives up a stream that ended, and everything', () => {
    for (let i = 0; i < 10; i++) admit(i % 2, 0);
    pacer.remove(1);
    runUntil(1000);
    expect(new Set(sent.map(([, ssrc]) => ssrc))).toEqual(new Set([0]));
    for (let i = 0; i < 200; i++) admit(7, 1000);
    pacer.clear();
    expect(memory.slotsInUse).toBe(0);
    expect(pacer.nextDeadline).toBe(Infinity);
  });

  it('hands out what waits when a probe needs bytes', () => {
    for (let i = 0; i < 10; i++) admit(i, 0);
    expect(pacer.send(2500, 0)).toBe(3000);
    expect(sent).toHaveLength(3);
    expect(pacer.send(1e6, 0)).toBe(6000);
    expect(pacer.send(1e6, 0)).toBe(0);
  });
});
