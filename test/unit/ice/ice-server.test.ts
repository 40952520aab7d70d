import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { IceCredentials } from '../../../src/ice/credentials.js';
import { clampConsentTimeout, type IceState, MAX_TUPLES } from '../../../src/ice/ice-server.js';
import { StunAttribute, StunClass, StunMessage, StunWriter } from '../../../src/ice/stun-message.js';
import browserChecks from '../../fixtures/ice/browser-checks.json' with { type: 'json' };
import { attributeTypes, RecordingServer, type RequestOptions, ScriptedRandom, tuple } from './support.js';

const wrong = new IceCredentials('wrong', 'wrong');

/** A server that is quiet: what its construction told was read. */
function newServer(options?: ConstructorParameters<typeof RecordingServer>[0]): RecordingServer {
  const recording = new RecordingServer(options);
  recording.events();
  return recording;
}

describe('answers', () => {
  const refused: [string, RequestOptions, string, DropReason][] = [
    [
      'unknown method',
      { type: { class: StunClass.request, method: 3 }, fingerprint: false },
      '400 unknown method',
      DropReason.stunUnknownMethod,
    ],
    [
      'no FINGERPRINT',
      { fingerprint: false, priority: false, credentials: wrong },
      '400 missing FINGERPRINT attribute in STUN Binding request',
      DropReason.stunIncomplete,
    ],
    [
      'no PRIORITY',
      { priority: false, credentials: wrong },
      '400 missing PRIORITY attribute in STUN Binding request',
      DropReason.stunIncomplete,
    ],
    [
      'wrong password',
      { credentials: wrong, controlled: 5n },
      '401 wrong authentication in STUN Binding request',
      DropReason.stunUnauthorized,
    ],
    [
      'wrong user name',
      { username: 'wrong:remote' },
      '401 wrong authentication in STUN Binding request',
      DropReason.stunUnauthorized,
    ],
    [
      'user name without colon',
      { username: '0000' },
      '401 wrong authentication in STUN Binding request',
      DropReason.stunUnauthorized,
    ],
    ['empty user name, in a request too short for a reason', { username: '' }, '401 ', DropReason.stunUnauthorized],
    [
      'no USERNAME, in a request too short for a reason',
      { username: null, controlled: 5n },
      '400 ',
      DropReason.stunIncomplete,
    ],
    [
      'no MESSAGE-INTEGRITY',
      { credentials: null },
      '400 cannot check authentication in STUN Binding request',
      DropReason.stunIncomplete,
    ],
    [
      'ICE-CONTROLLED',
      { controlled: 5n },
      '487 invalid ICE-CONTROLLED attribute in STUN Binding request',
      DropReason.stunRoleConflict,
    ],
  ];

  it.each(refused)('an error: %s', (_, options, answer, reason) => {
    const ice = newServer();
    expect(ice.request(tuple(1), options)).toBe(reason);
    expect(ice.events()).toEqual([`send 1 ${answer}`]);
    expect(ice.server.state).toBe('new');
    expect(ice.server.isKnownTuple(tuple(1))).toBe(false);
    expect(attributeTypes(ice.response!)).toEqual([StunAttribute.errorCode, StunAttribute.fingerprint]);
  });

  it('of errors are never longer than the request', () => {
    const ice = newServer();
    for (let length = 20; length <= 120; length += 4) {
      // A request of one attribute that means nothing.
      const request = new StunWriter().begin(StunClass.request, 3, new Uint8Array(12), 0);
      if (length > 20) request.attribute(0x7f01, new Uint8Array(length - 24));
      ice.response = undefined;
      expect(ice.server.onStun(request.bytes, 0, length, tuple(1), 0)).toBe(DropReason.stunUnknownMethod);
      if (length < 36) expect(ice.response).toBeUndefined();
      else expect(ice.response!.length).toBe(length < 52 ? 36 : 52);
    }
  });

  it('carry class, method and transaction id of the request', () => {
    const ice = newServer();
    ice.request(tuple(1), { type: { class: StunClass.request, method: 3 }, transactionId: 'tx10--------' });
    expect(Buffer.from(ice.response!).toString('latin1', 8, 20)).toBe('tx10--------');
    expect([...ice.response!.subarray(0, 2)]).toEqual([0x01, 0x13]);
    ice.request(tuple(1), { transactionId: 'tx11--------' });
    expect(Buffer.from(ice.response!).toString('latin1', 8, 20)).toBe('tx11--------');
    expect([...ice.response!.subarray(0, 2)]).toEqual([0x01, 0x01]);
  });

  it('an error to GOOG_PING too, though its type does not look like STUN then', () => {
    const ice = newServer();
    const type = { class: StunClass.request, method: 0x080 };
    expect(ice.request(tuple(1), { type })).toBe(DropReason.stunUnknownMethod);
    expect(Buffer.from(ice.response!).toString('hex', 0, 2)).toBe('0310');
    expect(Buffer.from(ice.response!).toString('latin1', 28, 42)).toBe('unknown method');
  });

  it('success comes before the tuple, and has its attributes in order', () => {
    const ice = newServer();
    expect(ice.request(tuple(1), {}, 5)).toBe(DropReason.none);
    expect(ice.events()).toEqual(['send 1 success', 'added 1', 'selected 1', 'connected at 5']);
    expect(attributeTypes(ice.response!)).toEqual([
      StunAttribute.xorMappedAddress,
      StunAttribute.messageIntegrity,
      StunAttribute.fingerprint,
    ]);
  });

  it('success says where the request came from, IPv6 too', () => {
    const ice = newServer();
    ice.request(tuple(0xabcd, 'udp', '2001:db8::1'));
    const message = new StunMessage();
    message.parse(ice.response!, 0, ice.response!.length);
    const value = message.value(StunAttribute.xorMappedAddress)!;
    const mask = Buffer.concat([
      Buffer.from('0000', 'hex'),
      ice.response!.subarray(4, 6),
      ice.response!.subarray(4, 20),
    ]);
    const address = value.map((byte, i) => byte ^ mask[i]);
    expect(Buffer.from(address).toString('hex')).toBe('0002abcd20010db8000000000000000000000001');
  });

  it.each([
    ['indication', StunClass.indication],
    ['success response', StunClass.success],
    ['error response', StunClass.error],
  ])('nothing: %s', (_, stunClass) => {
    const ice = newServer();
    expect(ice.request(tuple(1), { type: { class: stunClass, method: 1 } })).toBe(DropReason.stunNotRequest);
    expect(ice.events()).toEqual([]);
    expect(ice.server.isKnownTuple(tuple(1))).toBe(false);
  });

  it.each<[string, RequestOptions]>([
    ['duplicate PRIORITY', { extra: [[StunAttribute.priority, 4]] }],
    ['attribute behind MESSAGE-INTEGRITY', { extraAfter: [[0x7f01, 4]] }],
    ['USE-CANDIDATE of four bytes', { extra: [[StunAttribute.useCandidate, 4]] }],
  ])('nothing: %s', (_, options) => {
    const ice = newServer();
    expect(ice.request(tuple(1), options)).toBe(DropReason.stunMalformed);
    expect(ice.events()).toEqual([]);
  });

  it.each<[string, RequestOptions]>([
    ['unknown attributes', { extra: [[0x7f01, 3], [0xff01, 0], [0x7f01, 1]] }], // prettier-ignore
    ['ICE-CONTROLLED of value 0', { controlled: 0n }],
    ['500 unknown attributes', { extra: Array.from({ length: 500 }, () => [0x7f02, 0] as [number, number]) }],
  ])('success: %s', (_, options) => {
    const ice = newServer();
    expect(ice.request(tuple(1), options)).toBe(DropReason.none);
    expect(ice.events()[0]).toBe('send 1 success');
  });

  it('each bad request costs the same and leaves nothing behind', () => {
    const ice = newServer();
    for (let port = 1; port <= 1000; port++) ice.request(tuple(port), { credentials: wrong });
    expect(ice.events()).toHaveLength(1000);
    expect(ice.server.tuples).toEqual([]);
    expect(ice.server.nextDeadline).toBe(Infinity);
  });

  const sessions = browserChecks.flatMap(({ checks, ...session }) =>
    checks.map((check, i) => ({ ...session, ...check, name: `${session.client}, ${i}` })),
  );
  it.each(sessions)('exactly what the reference worker answered $name', session => {
    const random = new ScriptedRandom(session.usernameFragment, session.password);
    const ice = newServer({ random });
    expect(ice.server).toMatchObject({
      usernameFragment: session.usernameFragment,
      password: session.password,
    });
    const request = Buffer.from(session.request, 'hex');
    const response = Buffer.from(session.response, 'hex');
    const port = response.readUint16BE(26) ^ 0x2112;
    ice.server.onStun(request, 0, request.length, tuple(port, 'udp', '127.0.0.1'), 0);
    expect(Buffer.from(ice.response!).toString('hex')).toBe(session.response);
  });
});

/** Requests that bring a new server into a state, with tuple 1 selected. */
const ways: Record<IceState, (ice: RecordingServer) => void> = {
  new: () => {},
  connected: ice => ice.request(tuple1),
  completed: ice => ice.request(tuple1, { useCandidate: true }),
  disconnected: ice => {
    ice.request(tuple1);
    ice.server.removeTuple(tuple1, 0);
  },
};
const tuple1 = tuple(1);
const tuple2 = tuple(2);

describe('states', () => {
  type Row = [
    from: IceState,
    nominated: number,
    request: RequestOptions,
    to: IceState,
    selected: number,
    stored: number,
  ];
  const plain = {};
  const useCandidate = { useCandidate: true };
  const nomination = (value: number): RequestOptions => ({ nomination: value });
  const both = (value: number): RequestOptions => ({ useCandidate: true, nomination: value });

  /**
   * A server in state `from` that saw the nomination `nominated` (0: none) gets a request from a second address.
   * `selected`: the port of the selected tuple then, 0: none. `stored`: the highest nomination then.
   */
  const rows: Row[] = [
    ['new', 0, plain, 'connected', 2, 0],
    ['new', 0, useCandidate, 'completed', 2, 0],
    ['new', 0, nomination(3), 'completed', 2, 3],
    ['new', 0, nomination(0), 'new', 0, 0],
    ['new', 0, both(3), 'completed', 2, 3],
    ['new', 0, both(0), 'new', 0, 0],
    ['disconnected', 0, plain, 'connected', 2, 0],
    ['disconnected', 0, useCandidate, 'completed', 2, 0],
    ['disconnected', 0, nomination(1), 'completed', 2, 1],
    ['disconnected', 0, both(0), 'disconnected', 0, 0],
    ['connected', 0, plain, 'connected', 1, 0],
    ['connected', 0, useCandidate, 'completed', 2, 0],
    ['connected', 0, nomination(1), 'completed', 2, 1],
    ['connected', 0, nomination(0), 'connected', 1, 0],
    ['connected', 0, both(0), 'connected', 1, 0],
    ['completed', 5, plain, 'completed', 1, 5],
    ['completed', 5, useCandidate, 'completed', 2, 5],
    ['completed', 5, nomination(6), 'completed', 2, 6],
    ['completed', 5, nomination(5), 'completed', 1, 5],
    ['completed', 5, nomination(4), 'completed', 1, 5],
    ['completed', 5, both(6), 'completed', 2, 6],
    ['completed', 5, both(5), 'completed', 2, 5],
  ];

  it.each(rows)(
    '%s, nominated %i: %j leads to %s, tuple %i, nomination %i',
    (from, nominated, request, to, at, stored) => {
      for (const attribute of ['nomination', 'oldNomination'] as const) {
        const ice = newServer();
        const rename = (options: RequestOptions): RequestOptions =>
          options.nomination === undefined
            ? options
            : { ...options, nomination: undefined, [attribute]: options.nomination };
        if (nominated > 0) ice.request(tuple1, rename(nomination(nominated)));
        else ways[from](ice);
        expect(ice.server.state).toBe(from);
        ice.events();

        expect(ice.request(tuple2, rename(request), 7)).toBe(DropReason.none);
        expect(ice.server.state).toBe(to);
        expect(ice.server.selectedTuple).toBe([undefined, tuple1, tuple2][at]);
        expect(ice.server.isKnownTuple(tuple2)).toBe(true);
        const isNew = (from === 'connected' || from === 'completed' ? 1 : 0) !== at;
        expect(ice.events()).toEqual([
          'send 2 success',
          'added 2',
          ...(isNew ? [`selected ${at}`] : []),
          ...(to === from ? [] : [`${to} at 7`]),
        ]);

        // The stored nomination shows in which one is newer, once completed.
        if (to !== 'completed') return;
        const tuple3 = tuple(3);
        if (stored > 0) ice.request(tuple3, rename(nomination(stored)));
        expect(ice.server.selectedTuple).not.toBe(tuple3);
        ice.request(tuple3, rename(nomination(stored + 1)));
        expect(ice.server.selectedTuple).toBe(tuple3);
      }
    },
  );

  it('an equal check changes nothing', () => {
    const ice = newServer();
    ice.request(tuple1, { useCandidate: true });
    ice.events();
    ice.request(tuple1, { useCandidate: true });
    expect(ice.events()).toEqual(['send 1 success']);
  });

  it('takes nominations as unsigned numbers', () => {
    const ice = newServer();
    ice.request(tuple1, { nomination: 1 });
    ice.request(tuple2, { nomination: 0xffffffff });
    expect(ice.server.selectedTuple).toBe(tuple2);
    ice.request(tuple1, { nomination: 2 });
    expect(ice.server.selectedTuple).toBe(tuple2);
  });
});

describe('tuples', () => {
  it('are bounded: the oldest that is neither new nor selected goes', () => {
    const ice = newServer();
    const tuples = Array.from({ length: 12 }, (_, i) => tuple(i + 1));
    for (const one of tuples.slice(0, MAX_TUPLES)) ice.request(one);
    expect(ice.events().filter(event => event.startsWith('removed'))).toEqual([]);
    ice.request(tuples[8]);
    expect(ice.events()).toEqual(['send 9 success', 'added 9', 'removed 2']);
    ice.request(tuples[9], { useCandidate: true });
    ice.request(tuples[10]);
    ice.request(tuples[11]);
    expect(ice.events().filter(event => event.startsWith('removed'))).toEqual(['removed 3', 'removed 1', 'removed 4']);
    expect(ice.server.tuples.map(one => one.remote.port)).toEqual([12, 11, 10, 9, 8, 7, 6, 5]);
    expect(ice.server.isKnownTuple(tuples[0])).toBe(false);
    expect(ice.server.selectedTuple).toBe(tuples[9]);
  });

  it('removal of the selected one selects the newest', () => {
    const ice = newServer();
    const tuples = [tuple(1, 'tcp'), tuple(2, 'tcp'), tuple(3, 'tcp')];
    for (const one of tuples) ice.request(one);
    ice.events();
    ice.server.removeTuple(tuples[0], 100);
    expect(ice.events()).toEqual(['removed 1', 'selected 3']);
    expect(ice.server).toMatchObject({ state: 'connected', selectedTuple: tuples[2], nextDeadline: 30_100 });
    ice.server.removeTuple(tuples[1], 200);
    expect(ice.events()).toEqual(['removed 2']);
    expect(ice.server.nextDeadline).toBe(30_100);
    ice.server.removeTuple(tuples[2], 300);
    expect(ice.events()).toEqual(['removed 3', 'disconnected at 300']);
    expect(ice.server).toMatchObject({ state: 'disconnected', selectedTuple: undefined, nextDeadline: Infinity });
  });

  it('removal of an unknown one is nothing', () => {
    const ice = newServer();
    ice.request(tuple1);
    ice.events();
    ice.server.removeTuple(tuple2, 0);
    expect(ice.events()).toEqual([]);
  });

  it('removal of the last one forgets nominations', () => {
    const ice = newServer();
    ice.request(tuple1, { nomination: 9 });
    ice.server.removeTuple(tuple1, 0);
    ice.request(tuple2, { nomination: 1 });
    expect(ice.server).toMatchObject({ state: 'completed', selectedTuple: tuple2 });
  });

  it('eviction of one does not lead to the removal of another while the owner is told', () => {
    const ice = newServer();
    const tuples = Array.from({ length: MAX_TUPLES + 1 }, (_, i) => tuple(i + 1, 'tcp'));
    for (const one of tuples.slice(0, MAX_TUPLES)) ice.request(one);
    ice.events();
    ice.onEvent = event => {
      if (event === 'removed') ice.server.removeTuple(tuples[MAX_TUPLES], 0);
    };
    ice.request(tuples[MAX_TUPLES]);
    expect(ice.events()).toEqual(['send 9 success', 'added 9', 'removed 2']);
  });

  it('removal does not lead to another removal while the owner is told', () => {
    const ice = newServer();
    ice.request(tuple1);
    ice.request(tuple2);
    ice.events();
    ice.onEvent = () => {
      ice.server.removeTuple(tuple1, 0);
      ice.server.removeTuple(tuple2, 0);
    };
    ice.server.onTimeout(30_000);
    expect(ice.events()).toEqual(['removed 2', 'removed 1', 'disconnected at 30000']);
  });

  it.each<[IceState, boolean]>([
    ['new', false],
    ['connected', true],
    ['completed', true],
    ['disconnected', false],
  ])('data select a known tuple in state %s: %s', (state, selects) => {
    const ice = newServer();
    ways[state](ice);
    if (selects) ice.request(tuple2);
    else ice.request(tuple2, { useCandidate: true, nomination: 0 });
    expect(ice.server.state).toBe(state);
    ice.events();
    ice.server.selectTuple(tuple2);
    expect(ice.events()).toEqual(selects ? ['selected 2'] : []);
    ice.server.selectTuple(tuple2);
    ice.server.selectTuple(tuple(3));
    expect(ice.events()).toEqual([]);
  });
});

describe('restart', () => {
  it('keeps the old credentials until the new ones are used', () => {
    const ice = newServer();
    const old = ice.credentials;
    ice.request(tuple1, { useCandidate: true });
    ice.events();
    ice.server.restart(10);
    expect(ice.server.usernameFragment).not.toBe(old.usernameFragment);
    expect(ice.server.password).not.toBe(old.password);
    expect(ice.events()).toEqual(['ufrag added 0002']);
    expect(ice.server).toMatchObject({ state: 'completed', selectedTuple: tuple1 });

    ice.request(tuple1, { with: old });
    expect(ice.events()).toEqual(['send 1 success']);
    expect(signedWith(ice, old)).toBe(true);

    ice.request(tuple1);
    expect(ice.events()).toEqual(['ufrag removed 0000', 'send 1 success']);
    expect(signedWith(ice, ice.credentials)).toBe(true);

    ice.request(tuple1, { with: old });
    expect(ice.events()).toEqual(['send 1 401 wrong authentication in STUN Binding request']);
  });

  it('twice makes the first credentials invalid at once', () => {
    const ice = newServer();
    const first = ice.credentials;
    ice.server.restart(0);
    const second = ice.credentials;
    ice.server.restart(0);
    expect(ice.events()).toEqual(['ufrag added 0002', 'ufrag removed 0000', 'ufrag added 0004']);
    expect(ice.request(tuple1, { with: first })).toBe(DropReason.stunUnauthorized);
    expect(ice.request(tuple1, { with: second })).toBe(DropReason.none);
    expect(ice.request(tuple1)).toBe(DropReason.none);
  });

  it('does not drop the old credentials for a request that is refused', () => {
    const ice = newServer();
    const old = ice.credentials;
    ice.server.restart(0);
    ice.events();
    expect(ice.request(tuple1, { username: null })).toBe(DropReason.stunIncomplete);
    expect(ice.request(tuple1, { credentials: wrong })).toBe(DropReason.stunUnauthorized);
    expect(ice.request(tuple1, { with: old })).toBe(DropReason.none);
  });

  it('forgets nominations', () => {
    const ice = newServer();
    ice.request(tuple1, { useCandidate: true, nomination: 5 });
    ice.server.restart(0);
    ice.request(tuple2, { nomination: 3 });
    expect(ice.server.selectedTuple).toBe(tuple2);
    ice.request(tuple1, { nomination: 2 });
    expect(ice.server.selectedTuple).toBe(tuple2);
    ice.request(tuple1, { useCandidate: true });
    expect(ice.server.selectedTuple).toBe(tuple1);
  });

  function signedWith(ice: RecordingServer, credentials: IceCredentials): boolean {
    const message = new StunMessage();
    message.parse(ice.response!, 0, ice.response!.length);
    return message.isIntegrityRight(credentials.key);
  }
});

describe('consent', () => {
  it.each([
    [0, 0],
    [1, 10],
    [9, 10],
    [10, 10],
    [30, 30],
    [60, 60],
    [61, 60],
    [255, 60],
  ])('a timeout of %i s amounts to %i s', (wanted, actual) => {
    expect(clampConsentTimeout(wanted)).toBe(actual);
    const ice = newServer({ consentTimeout: wanted });
    ice.request(tuple1, {}, 1000);
    expect(ice.server.nextDeadline).toBe(actual === 0 ? Infinity : 1000 + actual * 1000);
  });

  it('is 30 s by default', () => {
    const ice = newServer();
    expect(ice.server.nextDeadline).toBe(Infinity);
    ice.request(tuple1, {}, 1);
    expect(ice.server.nextDeadline).toBe(30_001);
  });

  it('is renewed by requests from everywhere, not by refused ones', () => {
    const ice = newServer();
    ice.request(tuple1, {}, 0);
    ice.request(tuple2, {}, 20_000);
    expect(ice.server.nextDeadline).toBe(50_000);
    ice.request(tuple1, { credentials: wrong }, 21_000);
    ice.request(tuple1, { controlled: 1n }, 21_000);
    expect(ice.server.nextDeadline).toBe(50_000);
  });

  it('does not begin before a tuple is selected', () => {
    const ice = newServer();
    ice.request(tuple1, { nomination: 0 });
    expect(ice.server.nextDeadline).toBe(Infinity);
  });

  it('expires: everything is forgotten, and a new check connects again', () => {
    const ice = newServer();
    ice.request(tuple1, { nomination: 9 });
    ice.request(tuple2);
    ice.events();
    ice.server.onTimeout(29_999);
    expect(ice.events()).toEqual([]);
    ice.server.onTimeout(30_000);
    expect(ice.events()).toEqual(['removed 2', 'removed 1', 'disconnected at 30000']);
    expect(ice.server).toMatchObject({ state: 'disconnected', selectedTuple: undefined, nextDeadline: Infinity });
    expect(ice.server.isKnownTuple(tuple1)).toBe(false);
    ice.server.onTimeout(90_000);
    ice.server.selectTuple(tuple1);
    expect(ice.events()).toEqual([]);
    ice.request(tuple1, { nomination: 1 }, 90_001);
    expect(ice.events()).toEqual(['send 1 success', 'added 1', 'selected 1', 'completed at 90001']);
  });

  it('is renewed by a restart if it runs', () => {
    const ice = newServer();
    ice.server.restart(5);
    expect(ice.server.nextDeadline).toBe(Infinity);
    ice.request(tuple1, {}, 10);
    ice.server.restart(20_000);
    expect(ice.server.nextDeadline).toBe(50_000);
  });
});

describe('life', () => {
  it('begins with credentials of 32 characters', () => {
    const ice = new RecordingServer({ random: new ScriptedRandom('0'.repeat(32), 'z'.repeat(32)) });
    expect(ice.server).toMatchObject({ usernameFragment: '0'.repeat(32), password: 'z'.repeat(32), state: 'new' });
    expect(ice.events()).toEqual(['ufrag added 0000']);
  });

  it('ends with everything given back', () => {
    const ice = newServer();
    ice.request(tuple1);
    ice.request(tuple2);
    ice.server.restart(0);
    ice.events();
    ice.server.close();
    expect(ice.events()).toEqual(['ufrag removed 0002', 'ufrag removed 0000', 'removed 2', 'removed 1']);
    expect(ice.server.nextDeadline).toBe(Infinity);
    ice.server.close();
    ice.request(tuple1);
    ice.server.removeTuple(tuple1, 0);
    ice.server.onTimeout(1e9);
    expect(ice.events()).toEqual([]);
  });

  it.each(['send 1', 'added', 'selected', 'connected'])('may end in the middle of: %s', event => {
    const ice = newServer();
    ice.onEvent = current => {
      if (current === event) ice.server.close();
    };
    ice.request(tuple1);
    const events = ice.events();
    expect(events).toContain('ufrag removed 0000');
    expect(events.filter(one => one.startsWith('added')).length).toBe(
      events.filter(one => one.startsWith('removed')).length,
    );
    expect(ice.server).toMatchObject({ nextDeadline: Infinity, selectedTuple: undefined });
    expect(ice.server.tuples).toEqual([]);
  });
});
