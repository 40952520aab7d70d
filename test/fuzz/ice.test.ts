import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../src/common/drop-reason.js';
import { StunMessage } from '../../src/ice/stun-message.js';
import { bindingRequest, RecordingServer, tuple } from '../unit/ice/support.js';

const tuples = Array.from({ length: 12 }, (_, i) => tuple(i + 1, i % 2 === 0 ? 'udp' : 'tcp'));

describe('STUN and ICE', () => {
  it('survive arbitrary bytes', () => {
    const header = fc.constantFrom(0x0001, 0x0011, 0x0101, 0x0111, 0x0003).map(type => [type >> 8, type & 0xff]);
    const datagram = fc.tuple(fc.boolean(), header, fc.uint8Array({ maxLength: 200 })).map(([isFramed, type, rest]) => {
      if (!isFramed) return rest;
      const length = [rest.length >> 8, rest.length & 0xff];
      return Uint8Array.from([...type, ...length, 0x21, 0x12, 0xa4, 0x42, ...new Uint8Array(12), ...rest]);
    });
    const ice = new RecordingServer();
    const message = new StunMessage();
    fc.assert(
      fc.property(datagram, bytes => {
        message.parse(bytes, 0, bytes.length);
        void [message.localUsernameFragment, message.nomination, message.isControlled, message.priority];
        expect(ice.server.onStun(bytes, 0, bytes.length, tuples[0], 0)).not.toBe(DropReason.none);
        expect(ice.server.state).toBe('new');
      }),
      { numRuns: 20_000 },
    );
  });

  it('accept no request that was changed on the way', () => {
    const ice = new RecordingServer();
    const request = bindingRequest(ice.credentials, { useCandidate: true, nomination: 5, extra: [[0x7f01, 5]] });
    const change = fc.record({
      at: fc.nat(request.length - 1),
      mask: fc.integer({ min: 1, max: 255 }),
      cut: fc.nat(request.length),
    });
    fc.assert(
      fc.property(change, fc.boolean(), ({ at, mask, cut }, isCut) => {
        const bytes = isCut ? request.slice(0, cut) : request.with(at, request[at] ^ mask);
        if (isCut && cut === request.length) return;
        expect(ice.server.onStun(bytes, 0, bytes.length, tuples[0], 0)).not.toBe(DropReason.none);
        expect(ice.server.isKnownTuple(tuples[0])).toBe(false);
      }),
      { numRuns: 5_000 },
    );
  });

  it('stay consistent whatever happens in whatever order', () => {
    const request = fc.record({
      useCandidate: fc.boolean(),
      nomination: fc.option(fc.nat(3), { nil: undefined }),
      oldNomination: fc.option(fc.nat(3), { nil: undefined }),
      controlled: fc.option(fc.constant(1n), { nil: undefined }),
    });
    const from = fc.nat(tuples.length - 1);
    const step = fc.oneof(
      { weight: 10, arbitrary: fc.record({ kind: fc.constant('request'), from, request, isOld: fc.boolean() }) },
      fc.record({ kind: fc.constantFrom('remove', 'select'), from }),
      fc.record({ kind: fc.constantFrom('restart', 'wait') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const ice = new RecordingServer();
        const { server } = ice;
        let old = ice.credentials;
        let now = 0;
        for (const one of steps) {
          now += 1000;
          if ('request' in one)
            ice.request(tuples[one.from], { ...one.request, with: one.isOld ? old : undefined }, now);
          else if (one.kind === 'remove') server.removeTuple(tuples[(one as { from: number }).from], now);
          else if (one.kind === 'select') server.selectTuple(tuples[(one as { from: number }).from]);
          else if (one.kind === 'restart') [old] = [ice.credentials, server.restart(now)];
          else server.onTimeout((now += 40_000));

          const isConnected = server.state === 'connected' || server.state === 'completed';
          expect(server.selectedTuple !== undefined).toBe(isConnected);
          expect(server.nextDeadline < Infinity).toBe(isConnected);
          expect(server.tuples.length).toBeLessThanOrEqual(8);
          expect(new Set(server.tuples).size).toBe(server.tuples.length);
          if (server.selectedTuple) expect(server.tuples).toContain(server.selectedTuple);
          // What the owner was told adds up to what is.
          const known = new Set<string>();
          for (const event of ice.log) {
            if (event.startsWith('added ')) known.add(event.slice('added '.length));
            if (event.startsWith('removed ')) expect(known.delete(event.slice('removed '.length))).toBe(true);
          }
          expect([...known].sort()).toEqual(server.tuples.map(({ remote }) => String(remote.port)).sort());
        }
        server.close();
        const count = (prefix: string): number => ice.log.filter(event => event.startsWith(prefix)).length;
        expect(count('ufrag added')).toBe(count('ufrag removed'));
        expect(count('added')).toBe(count('removed'));
      }),
      { numRuns: 300 },
    );
  });
});
