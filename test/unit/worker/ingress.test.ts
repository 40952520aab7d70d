import { beforeEach, describe, expect, it } from 'vitest';
import { DropCounters, DropReason } from '../../../src/common/drop-reason.js';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';
import { DATAGRAM_OFFSET } from '../../../src/rtp/packet-slot.js';
import { SrtpKernel } from '../../../src/srtp/kernel/srtp-kernel.js';
import { SrtpReceiver } from '../../../src/srtp/srtp-session.js';
import { masterLength, SRTP_SUITES } from '../../../src/srtp/srtp-suite.js';
import { Ingress, type IngressRoute } from '../../../src/worker/ingress.js';
import { plainProtectRtp } from '../../support/plain-srtp.js';
import { hex, rtpPacket, suiteNames } from '../srtp/support.js';

let memory: PacketMemory;
let drops: DropCounters;
let scheduled: number;
let errors: unknown[];
let ingress: Ingress;
let kernel: SrtpKernel;
let route: Route;

beforeEach(() => {
  memory = new PacketMemory();
  drops = new DropCounters();
  scheduled = 0;
  errors = [];
  ingress = createIngress(memory);
  kernel = SrtpKernel.create(memory)!;
  route = new Route();
});

const createIngress = (packets: PacketMemory) =>
  new Ingress(
    packets,
    drops,
    () => void scheduled++,
    error => void errors.push(error),
  );

/** Collects what is received, decrypted. */
class Route implements IngressRoute {
  readonly received: string[] = [];
  readonly arrivals: number[] = [];
  onPacket = (): DropReason => DropReason.none;

  receiveDecrypted(handle: number, length: number, now: number): DropReason {
    const offset = handle + DATAGRAM_OFFSET;
    this.received.push(hex(memory.bytes.slice(offset, offset + length)));
    this.arrivals.push(now);
    return this.onPacket();
  }
}

describe.each(suiteNames)('Ingress with %s', suite => {
  /** A receiver, and what its peer sends: as RFC 3711 and RFC 7714 say it. */
  function createSession(fill: number) {
    const masterKey = new Uint8Array(masterLength(SRTP_SUITES[suite])).fill(fill);
    const receiver = new SrtpReceiver({ suite, masterKey, kernel });
    const packet = (ssrc: number, index: number, payload = 20 + (index % 7)) =>
      rtpPacket(ssrc, index & 0xffff, Buffer.alloc(payload, index));
    const datagram = (ssrc: number, index: number, payload?: number) =>
      plainProtectRtp(suite, masterKey, packet(ssrc, index, payload), 12, Math.floor(index / 65536));
    const add = (ssrc: number, index: number, payload?: number) => {
      expect(ingress.add(datagram(ssrc, index, payload), receiver, route, index)).toBe(DropReason.none);
      return hex(packet(ssrc, index, payload));
    };
    return { receiver, datagram, add };
  }

  it.each([1, 2, 3, 4, 5, 16, 17, 40, 300])('decrypts %i packets of several sessions, in order', count => {
    const sessions = [1, 2, 3].map(createSession);
    const sent = Array.from({ length: count }, (_, i) => sessions[i % 3].add(7 + (i % 2), i, (i * 97) % 1300));
    ingress.flush();
    expect(route.received).toEqual(sent);
    expect(route.arrivals).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(drops.toJSON()).toEqual({});
  });

  it('waits for the end of the tick, and asks for it once', () => {
    const session = createSession(1);
    session.add(1, 0);
    session.add(1, 1);
    expect([scheduled, route.received.length]).toEqual([1, 0]);
    ingress.flush();
    expect(route.received).toHaveLength(2);
    session.add(1, 2);
    expect(scheduled).toBe(2);
  });

  it('counts the rounds of the sequence number within a batch', () => {
    const session = createSession(1);
    const sent: string[] = [];
    for (const first of [65_533, 131_068]) {
      for (let index = first; index < first + 8; index++) sent.push(session.add(1, index));
      ingress.flush();
      // So that the next jump is believed.
      for (const index of [first + 20_000, first + 40_000]) sent.push(session.add(1, index));
    }
    ingress.flush();
    expect(route.received).toEqual(sent);
    expect(drops.toJSON()).toEqual({});
  });

  it('accepts packets of new streams, late ones, and none twice', () => {
    const session = createSession(1);
    const sent = [5, 6, 4, 7, 9].map(index => session.add(1, index));
    session.add(1, 6);
    session.add(1, 5);
    sent.push(session.add(2, 5), session.add(3, 0));
    session.add(3, 0);
    ingress.flush();
    expect(route.received).toEqual(sent);
    session.add(1, 4);
    ingress.flush();
    expect(drops.toJSON()).toEqual({ srtpReplay: 4 });
  });

  it('tells forged packets from those beside them', () => {
    const session = createSession(1);
    const sent: string[] = [];
    for (let index = 0; index < 20; index++) {
      if (index % 3 !== 1) {
        sent.push(session.add(1, index));
        continue;
      }
      const datagram = session.datagram(1, index);
      // In the header, the payload or the tag.
      datagram[[1, 15, datagram.length - 1][index % 9 === 1 ? 0 : index % 2 === 0 ? 1 : 2]] ^= 1;
      ingress.add(datagram, session.receiver, route, index);
    }
    ingress.add(new Uint8Array(3), session.receiver, route, 1);
    ingress.flush();
    expect(route.received).toEqual(sent);
    expect(drops.toJSON()).toEqual({ srtpAuthentication: 7, srtpMalformed: 1 });
  });

  it('takes streams and sessions that end while their packets wait', () => {
    const [ending, other] = [createSession(1), createSession(2)];
    ending.add(1, 5);
    ingress.flush();
    for (let index = 6; index < 9; index++) ending.add(1, index);
    ending.receiver.removeStream(1);
    ingress.flush();
    expect(route.received).toHaveLength(4);
    for (let index = 9; index < 12; index++) ending.add(1, index);
    const sent = other.add(1, 9);
    ending.receiver.close();
    ingress.flush();
    expect(route.received.slice(4)).toEqual([sent]);
    expect(drops.toJSON()).toEqual({ srtpNoSession: 3 });
  });

  it('uses old keys and new ones side by side', () => {
    const [before, after] = [createSession(1), createSession(2)];
    const sent: string[] = [];
    for (let index = 0; index < 10; index++) sent.push(before.add(1, index), after.add(1, index));
    ingress.flush();
    expect(route.received).toEqual(sent);
  });
});

describe('Ingress', () => {
  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const masterKey = new Uint8Array(30).fill(1);
  const datagram = (seq: number) => plainProtectRtp(suite, masterKey, rtpPacket(1, seq), 12, 0);

  it('loses one packet to an exception, and counts what its route refuses', () => {
    const receiver = new SrtpReceiver({ suite, masterKey, kernel });
    const error = new Error('broken');
    const answers: (() => DropReason)[] = [
      () => DropReason.none,
      () => {
        throw error;
      },
      () => DropReason.rtpNoProducer,
      () => DropReason.none,
    ];
    route.onPacket = () => answers[route.received.length - 1]();
    const slots = memory.slotsInUse;
    for (let seq = 0; seq < 4; seq++) ingress.add(datagram(seq), receiver, route, 0);
    ingress.flush();
    receiver.removeStream(1);
    expect(route.received).toHaveLength(4);
    expect([errors, drops.toJSON()]).toEqual([[error], { rtpNoProducer: 1 }]);
    expect(memory.slotsInUse).toBe(slots);
  });

  it('decrypts without kernels, too', () => {
    const receiver = new SrtpReceiver({ suite, masterKey });
    for (let seq = 0; seq < 5; seq++) ingress.add(datagram(seq), receiver, route, 0);
    ingress.flush();
    expect(route.received).toEqual([0, 1, 2, 3, 4].map(seq => hex(rtpPacket(1, seq))));
  });

  it('says when there is no memory', () => {
    const small = new PacketMemory(512 * 1024);
    while (small.allocate(100) !== NO_HANDLE);
    const full = createIngress(small);
    const receiver = new SrtpReceiver({ suite, masterKey });
    expect(full.add(datagram(1), receiver, route, 0)).toBe(DropReason.packetMemoryExhausted);
  });

  it('throws away what waits when closed', () => {
    const receiver = new SrtpReceiver({ suite, masterKey });
    for (let seq = 0; seq < 5; seq++) ingress.add(datagram(seq), receiver, route, 0);
    ingress.close();
    ingress.flush();
    expect([route.received.length, memory.slotsInUse]).toEqual([0, 0]);
  });
});
