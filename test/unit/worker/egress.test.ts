import { beforeEach, describe, expect, it } from 'vitest';
import { DropCounters, DropReason } from '../../../src/common/drop-reason.js';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';
import { NO_REWRITE } from '../../../src/rtp/codecs/encoding-context.js';
import { DATAGRAM_OFFSET, parseSlot, slotSize } from '../../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { Egress, type EgressRoute } from '../../../src/worker/egress.js';
import { type OutgoingDatagram } from '../../../src/worker/runtime.js';
import { buildPacket } from '../rtp/support.js';

let memory: PacketMemory;
let drops: DropCounters;
let scheduled: number;
let errors: unknown[];
let egress: Egress;

beforeEach(() => {
  memory = new PacketMemory();
  drops = new DropCounters();
  scheduled = 0;
  errors = [];
  egress = createEgress(memory);
});

const createEgress = (packets: PacketMemory) =>
  new Egress(
    packets,
    drops,
    () => void scheduled++,
    error => void errors.push(error),
  );

/** Collects what is sent. */
class Route implements EgressRoute {
  readonly sent: number[][] = [];
  rtpProtector: EgressRoute['rtpProtector'] = undefined;
  answer: () => DropReason = () => DropReason.none;

  sendRtp({ view }: OutgoingDatagram): DropReason {
    this.sent.push([...view]);
    return this.answer();
  }
}

function store(): RtpPacket {
  const datagram = buildPacket({ ssrc: 1, payload: [1, 2, 3, 4], padding: 2 });
  const handle = memory.allocate(slotSize(datagram.length));
  memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
  const packet = new RtpPacket();
  parseSlot(packet, memory, handle, datagram.length);
  return packet;
}

function commit(source: RtpPacket, seq: number, route: Route): void {
  egress.begin(source, 0xaabbccdd, seq, 77, true, NO_REWRITE);
  egress.commit(route);
  egress.end();
}

const expected = (seq: number) => [
  ...buildPacket({
    ssrc: 0xaabbccdd,
    sequenceNumber: seq,
    timestamp: 77,
    marker: true,
    payload: [1, 2, 3, 4],
    padding: 2,
  }),
];

describe('Egress', () => {
  it('sends at the end of the tick, in order', () => {
    const route = new Route();
    const source = store();
    commit(source, 5, route);
    commit(source, 6, route);
    // The stored packet is kept until then.
    memory.release(source.handle);
    expect([route.sent.length, scheduled]).toEqual([0, 1]);
    egress.flush();
    expect(route.sent).toEqual([expected(5), expected(6)]);
    expect(memory.slotsInUse).toBe(0);
    commit(store(), 7, route);
    expect(scheduled).toBe(2);
  });

  it('does not wait when very much is to be sent', () => {
    const route = new Route();
    const source = store();
    for (let seq = 0; seq < 1500; seq++) commit(source, seq, route);
    expect(route.sent).toHaveLength(1024);
    egress.flush();
    expect(route.sent).toHaveLength(1500);
  });

  it('encrypts', () => {
    const route = new Route();
    route.rtpProtector = {
      repeatsMustBeEqual: false,
      beginRtp: (offset, prefixLength, restOffset, restLength) => {
        const length = prefixLength + restLength;
        memory.bytes.copyWithin(offset + prefixLength, restOffset, restOffset + restLength);
        memory.bytes.fill(0xee, offset + length, offset + length + 10);
        return length + 10;
      },
    };
    commit(store(), 5, route);
    egress.flush();
    expect(route.sent).toEqual([[...expected(5), ...Array<number>(10).fill(0xee)]]);
  });

  it('counts what cannot be encrypted or sent', () => {
    const route = new Route();
    route.answer = () => DropReason.sendQueueFull;
    commit(store(), 5, route);
    route.rtpProtector = { repeatsMustBeEqual: false, beginRtp: () => -DropReason.srtpIndexExhausted };
    commit(store(), 6, route);
    egress.flush();
    expect(drops.toJSON()).toEqual({ sendQueueFull: 1, srtpIndexExhausted: 1 });
  });

  it('loses one packet to an exception, be it in sending or in encrypting', () => {
    const [good, bad, worse] = [new Route(), new Route(), new Route()];
    const error = new Error('broken');
    const fail = () => {
      throw error;
    };
    bad.answer = fail;
    worse.rtpProtector = { repeatsMustBeEqual: false, beginRtp: fail };
    const source = store();
    for (const [index, route] of [good, bad, good, worse, good].entries()) commit(source, index, route);
    memory.release(source.handle);
    egress.flush();
    expect(good.sent).toEqual([expected(0), expected(2), expected(4)]);
    expect(worse.sent).toEqual([]);
    expect(errors).toEqual([error, error]);
    expect([drops.toJSON(), memory.slotsInUse]).toEqual([{}, 0]);
  });

  it('counts what there is no memory for', () => {
    const small = new PacketMemory(512 * 1024);
    while (small.allocate(2048) !== NO_HANDLE);
    while (small.allocate(100) !== NO_HANDLE);
    const full = createEgress(small);
    expect(full.begin(store(), 1, 2, 3, false, NO_REWRITE)).toBe(false);
    expect(full.commitCopy(new Uint8Array(20), 0, 20, new Route())).toBe(false);
    expect(drops.get(DropReason.packetMemoryExhausted)).toBe(2);
  });

  it('makes RTX packets', () => {
    const route = new Route();
    egress.beginRtx(store(), 99, 2222, 10, 5, 77, false, NO_REWRITE);
    expect(egress.packet).toMatchObject({
      isRtx: true,
      payloadType: 99,
      length: 18,
      payloadLength: 6,
      paddingLength: 0,
    });
    egress.commit(route);
    egress.end();
    egress.flush();
    const rtx = { ssrc: 2222, payloadType: 99, sequenceNumber: 10, timestamp: 77, payload: [0, 5, 1, 2, 3, 4] };
    expect(route.sent).toEqual([[...buildPacket(rtx)]]);
  });

  it('delivers at once if asked to', () => {
    const route = new Route();
    const source = store();
    egress.begin(source, 0xaabbccdd, 5, 77, true, NO_REWRITE);
    expect(egress.deliver(route)).toBe(DropReason.none);
    egress.end();
    memory.release(source.handle);
    expect(route.sent).toEqual([expected(5)]);
    expect([scheduled, memory.slotsInUse]).toEqual([0, 0]);
  });

  it('sends copies of complete packets', () => {
    const route = new Route();
    const bytes = Uint8Array.of(9, 1, 2, 3, 9);
    egress.commitCopy(bytes, 1, 3, route);
    bytes.fill(0);
    egress.flush();
    expect(route.sent).toEqual([[1, 2, 3]]);
    expect(memory.slotsInUse).toBe(0);
  });

  it('gives everything back when closed', () => {
    const route = new Route();
    const source = store();
    commit(source, 5, route);
    egress.begin(source, 1, 6, 7, false, NO_REWRITE);
    memory.release(source.handle);
    egress.close();
    egress.end();
    egress.flush();
    expect([route.sent.length, memory.slotsInUse]).toEqual([0, 0]);
  });
});
