import { beforeAll, describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { Method } from '../../../src/channel/fbs/request.js';
import * as FbsTransport from '../../../src/channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../../../src/channel/fbs/web-rtc-transport.js';
import { IceCredentials } from '../../../src/ice/credentials.js';
import { StunAttribute, StunClass } from '../../../src/ice/stun-message.js';
import { bindingRequest, type RequestOptions } from '../ice/support.js';
import { type TcpConnection } from '../../../src/worker/runtime.js';
import { type NetworkEvent } from '../../../src/testing/virtual-network.js';
import {
  consumeRequest,
  listenInfo,
  opusPacket,
  produceRequest,
  webRtcTransportRequest,
  webRtcTransportWithServerRequest,
} from '../../support/requests.js';
import { type TestWorker, WORKER_IP } from '../../support/test-worker.js';
import { connect, connectedPeers, createPeer, dump, WebRtcPeer } from '../../support/webrtc-peer.js';

const ATTACKER_IP = '10.0.0.66';

/**
 * A worker in which one transport forwards to another, and a third one is attacked: by its own peer, and by a stranger,
 * who knows its address and, to make it harder, its ICE credentials.
 */
class Attacked {
  readonly worker: TestWorker;
  readonly sender: WebRtcPeer;
  readonly receiver: WebRtcPeer;
  /** Of the attacked transport, `t2`. */
  readonly peer: WebRtcPeer;
  readonly credentials: IceCredentials;
  readonly port: number;
  #sequenceNumber = 0;
  #slotsInUse: number | undefined = undefined;

  private constructor(worker: TestWorker, peers: WebRtcPeer[], victim: FbsWebRtcTransport.DumpResponse) {
    this.worker = worker;
    [this.sender, this.receiver, this.peer] = peers;
    const { usernameFragment, password } = victim.iceParameters;
    this.credentials = new IceCredentials(usernameFragment, password);
    this.port = victim.iceCandidates[0].port;
  }

  static async create(): Promise<Attacked> {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3', '10.0.0.4');
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    await worker.request(Method.TRANSPORT_PRODUCE, 't2', produceRequest('victim', 2000));
    worker.createPeer(ATTACKER_IP);
    return new Attacked(worker, peers, await dump(worker, 't2'));
  }

  fromPeer(...datagrams: Uint8Array[]): Promise<NetworkEvent[]> {
    return this.#from('10.0.0.4', this.peer.socket.port, datagrams);
  }

  fromStranger(...datagrams: Uint8Array[]): Promise<NetworkEvent[]> {
    return this.#from(ATTACKER_IP, 6666, datagrams);
  }

  /** What was counted as dropped since the last call. */
  drops(): Record<string, number> {
    const before = this.#drops;
    this.#drops = this.worker.core.drops.toJSON();
    const changed = Object.entries(this.#drops).map(([reason, count]) => [reason, count - (before[reason] ?? 0)]);
    return Object.fromEntries(changed.filter(([, count]) => count !== 0)) as Record<string, number>;
  }
  #drops: Record<string, number> = {};

  /** The others have noticed nothing, and the attacked transport still serves its peer. */
  async expectUnharmed(): Promise<void> {
    const received = this.receiver.rtp.length;
    const sequenceNumber = this.#sequenceNumber++;
    this.sender.sendRtp(opusPacket(1000, sequenceNumber));
    this.peer.sendRtp(opusPacket(2000, sequenceNumber));
    await this.worker.advance(1);
    expect(this.receiver.rtp).toHaveLength(received + 1);
    expect(this.drops()).toEqual({});
    // What the streams of the others keep, and nothing else.
    this.#slotsInUse ??= this.worker.core.memory.slotsInUse;
    expect(this.worker.core.memory.slotsInUse).toBe(this.#slotsInUse);
    const { iceState, dtlsState, iceSelectedTuple } = await dump(this.worker, 't2');
    expect([iceState, dtlsState, iceSelectedTuple!.remoteIp]).toEqual([
      FbsWebRtcTransport.IceState.COMPLETED,
      FbsWebRtcTransport.DtlsState.CONNECTED,
      '10.0.0.4',
    ]);
  }

  /** @returns what the worker sent to there within a millisecond */
  async #from(ip: string, port: number, datagrams: Uint8Array[]): Promise<NetworkEvent[]> {
    const { network } = this.worker.world;
    const answers: NetworkEvent[] = [];
    network.onEvent = event => {
      if (event.what === 'sent' && event.from.ip === WORKER_IP && event.to.ip === ip) answers.push(event);
    };
    for (const datagram of datagrams) network.send(datagram.slice(), { ip, port }, { ip: WORKER_IP, port: this.port });
    await this.worker.advance(1);
    network.onEvent = () => {};
    return answers;
  }
}

const bytes = (length: number, ...first: number[]): Uint8Array => {
  const datagram = new Uint8Array(length);
  datagram.set(first.slice(0, length));
  return datagram;
};

let recordSequence = 1000;

/** A DTLS record (RFC 6347 §4.1) with a length field of its own. */
const record = (type: number, content: Uint8Array, { version = 0xfefd, epoch = 0, length = content.length } = {}) => {
  const datagram = new Uint8Array(13 + content.length);
  datagram.set([type, version >> 8, version & 0xff, 0, epoch]);
  const view = new DataView(datagram.buffer);
  view.setUint32(7, recordSequence++);
  view.setUint16(11, length);
  datagram.set(content, 13);
  return datagram;
};

type Datagram = (attacked: Attacked) => Uint8Array;
const stun =
  (options: RequestOptions, change: (request: Uint8Array) => void = () => {}): Datagram =>
  ({ credentials }) => {
    const request = bindingRequest(credentials, options);
    change(request);
    return request;
  };

describe('another transport does not notice, and what came is refused and counted, if it is', () => {
  let attacked: Attacked;
  beforeAll(async () => {
    attacked = await Attacked.create();
    await attacked.expectUnharmed();
  });

  const wrong = new IceCredentials('wrong', 'wrong');

  /** Dropped without an answer, whoever sends it. */
  const stunRows: [string, Datagram, string][] = [
    ['a length field that is too small', stun({}, request => request[3]--), 'stunMalformed'],
    ['a length field that is too large', stun({}, request => (request[3] += 4)), 'stunMalformed'],
    ['an attribute that runs past the end', stun({}, request => (request[23] = 0xf0)), 'stunMalformed'],
    ['an attribute of 65535 bytes', stun({}, request => request.fill(0xff, 22, 24)), 'stunMalformed'],
    ['PRIORITY twice', stun({ extra: [[StunAttribute.priority, 4]] }), 'stunMalformed'],
    ['an attribute behind MESSAGE-INTEGRITY', stun({ extraAfter: [[0x7f01, 4]] }), 'stunMalformed'],
    ['something behind FINGERPRINT', stun({ extraAfter: [[StunAttribute.fingerprint, 4]] }), 'stunMalformed'],
    ['a wrong FINGERPRINT', stun({}, request => (request[request.length - 1] ^= 1)), 'stunFingerprint'],
    ['PRIORITY of 8 bytes', stun({ priority: false, extra: [[StunAttribute.priority, 8]] }), 'stunMalformed'],
    ['USE-CANDIDATE of 4 bytes', stun({ extra: [[StunAttribute.useCandidate, 4]] }), 'stunMalformed'],
    ['USERNAME of 514 bytes', stun({ username: 'x'.repeat(514) }), 'stunMalformed'],
    ['XOR-MAPPED-ADDRESS of 12 bytes', stun({ extra: [[StunAttribute.xorMappedAddress, 12]] }), 'stunMalformed'],
    [
      'MESSAGE-INTEGRITY of 16 bytes',
      stun({ credentials: null, extra: [[StunAttribute.messageIntegrity, 16]] }),
      'stunMalformed',
    ],
    ['a response', stun({ type: { class: StunClass.success, method: 1 } }), 'stunNotRequest'],
    ['an error response', stun({ type: { class: StunClass.error, method: 1 } }), 'stunNotRequest'],
    ['an indication', stun({ type: { class: StunClass.indication, method: 1 } }), 'stunNotRequest'],
  ];

  it.each(stunRows)('STUN: %s', async (_, datagram, reason) => {
    expect(await attacked.fromStranger(datagram(attacked))).toEqual([]);
    expect(attacked.drops()).toEqual({ [reason]: 1 });
    await attacked.fromPeer(datagram(attacked));
    expect(attacked.drops()).toEqual({ [reason]: 1 });
    await attacked.expectUnharmed();
  });

  /** Answered with an error, that is not longer than the request. */
  const refusedRows: [string, RequestOptions, string][] = [
    ['another password', { credentials: wrong }, 'stunUnauthorized'],
    ['no colon in the user name', { username: 'abc' }, 'stunUnauthorized'],
    ['an empty user name', { username: '' }, 'stunUnauthorized'],
    ['a user name that is no UTF-8', { username: '\ud800:' }, 'stunUnauthorized'],
    ['no user name', { username: null }, 'stunIncomplete'],
    ['no MESSAGE-INTEGRITY', { credentials: null }, 'stunIncomplete'],
    ['no FINGERPRINT', { fingerprint: false }, 'stunIncomplete'],
    ['no PRIORITY', { priority: false }, 'stunIncomplete'],
    ['another method', { type: { class: StunClass.request, method: 3 } }, 'stunUnknownMethod'],
    ['the role of the server', { controlled: 1n }, 'stunRoleConflict'],
  ];

  it.each(refusedRows)('a STUN request with %s', async (_, options, reason) => {
    const request = bindingRequest(attacked.credentials, options);
    const answers = await attacked.fromStranger(request);
    expect(answers).toHaveLength(1);
    expect(answers[0].length).toBeLessThanOrEqual(request.length);
    expect(attacked.drops()).toEqual({ [reason]: 1 });
    await attacked.expectUnharmed();
  });

  it('a user name that only begins like the right one', async () => {
    const { usernameFragment } = attacked.credentials;
    for (const username of [usernameFragment, `${usernameFragment.slice(0, -1)}:x`, `${usernameFragment}x:x`]) {
      await attacked.fromStranger(bindingRequest(attacked.credentials, { username }));
      expect(attacked.drops()).toEqual({ stunUnauthorized: 1 });
    }
    await attacked.expectUnharmed();
  });

  it('MESSAGE-INTEGRITY over the length of the whole message', async () => {
    const { key, usernameFragment, password } = attacked.credentials;
    const request = bindingRequest({ key, usernameFragment }, { fingerprint: false });
    // What follows MESSAGE-INTEGRITY does not count for it (RFC 8489 §14.5); an implementation that counts it makes this.
    const withFingerprint = bindingRequest(new IceCredentials(usernameFragment, password));
    const wrongIntegrity = bindingRequest({ key, usernameFragment }, { username: `${usernameFragment}:y` });
    withFingerprint.set(wrongIntegrity.subarray(-28), withFingerprint.length - 28);
    await attacked.fromStranger(withFingerprint);
    expect(Object.keys(attacked.drops())).toEqual(['stunFingerprint']);
    request.set(wrongIntegrity.subarray(-28, -8), request.length - 20);
    await attacked.fromStranger(request);
    expect(attacked.drops()).toEqual({ stunIncomplete: 1 });
    await attacked.expectUnharmed();
  });

  it('a request that is too short for an error answer', async () => {
    const request = bytes(20, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42);
    expect(await attacked.fromStranger(request)).toEqual([]);
    expect(attacked.drops()).toEqual({ stunIncomplete: 1 });
    await attacked.expectUnharmed();
  });

  it('hundreds of attributes that nobody knows', async () => {
    const extra = Array.from({ length: 500 }, (_, i) => [0x7f02, i % 5] as [number, number]);
    const request = bindingRequest(attacked.credentials, { extra, credentials: wrong });
    expect(await attacked.fromStranger(request)).toHaveLength(1);
    expect(attacked.drops()).toEqual({ stunUnauthorized: 1 });
    await attacked.fromPeer(bindingRequest(attacked.credentials, { extra }));
    await attacked.expectUnharmed();
  });

  it('a flood of wrong requests', async () => {
    const request = bindingRequest(attacked.credentials, { credentials: wrong });
    const answers = await attacked.fromStranger(...new Array<Uint8Array>(1000).fill(request));
    expect(answers).toHaveLength(1000);
    expect(attacked.drops()).toEqual({ stunUnauthorized: 1000 });
    await attacked.expectUnharmed();
  });

  /** Nothing of a stranger is looked at but STUN; of the peer, it is told apart. */
  const otherRows: [string, Datagram, string][] = [
    ...[1, 2, 3].map((length): [string, Datagram, string] => [
      `${length} bytes`,
      () => bytes(length, 0x80, 200, 0),
      'unknownProtocol',
    ]),
    ...[4, 7, 11].map((length): [string, Datagram, string] => [
      `${length} bytes of RTP`,
      () => bytes(length, 0x80, 100),
      'unknownProtocol',
    ]),
    ...[3, 19, 64, 79, 127, 192, 255].map((first): [string, Datagram, string] => [
      `a first byte of ${first}`,
      () => bytes(100, first),
      'unknownProtocol',
    ]),
    ['STUN with another cookie', stun({}, request => (request[4] ^= 1)), 'unknownProtocol'],
    ['19 bytes of STUN', stun({}, () => {}), 'unknownProtocol'],
    ['12 bytes of DTLS', () => bytes(12, 22, 254, 253), 'unknownProtocol'],
    ['a DTLS record that is cut', () => record(22, bytes(10), { length: 11 }), 'dtlsRecordMalformed'],
    ['a DTLS record of 20 KiB', () => record(22, bytes(20_000)), 'dtlsRecordMalformed'],
    ['a DTLS record without content', () => record(22, bytes(0)), 'dtlsFragmentMalformed'],
    ['an alert of one byte', () => record(21, bytes(1)), 'dtlsAlertMalformed'],
    ['a fatal alert of anybody', () => record(21, Uint8Array.of(2, 40)), 'dtlsEpoch'],
    ['a heartbeat', () => record(24, bytes(20)), 'dtlsContentType'],
    ['a record with a connection id', () => record(25, bytes(20)), 'dtlsContentType'],
    ['an ACK of DTLS 1.3', () => record(26, bytes(20)), 'dtlsContentType'],
    ['a record of DTLS 1.3', () => bytes(40, 0x2f), 'dtlsContentType'],
    ['TLS 1.0', () => record(22, bytes(20), { version: 0x0301 }), 'dtlsRecordVersion'],
    ['no version', () => record(22, bytes(20), { version: 0 }), 'dtlsRecordVersion'],
    ['epoch 5', () => record(23, bytes(40), { epoch: 5 }), 'dtlsEpoch'],
    ['a forged record', () => record(23, bytes(40), { epoch: 1 }), 'dtlsAuthentication'],
    ['a record too short for a tag', () => record(23, bytes(23), { epoch: 1 }), 'dtlsAuthentication'],
    ['SRTP without room for a tag', () => bytes(20, 0x80, 100), 'srtpMalformed'],
    ['SRTP with 15 CSRCs that are not there', () => bytes(81, 0x8f, 100), 'srtpMalformed'],
    ['SRTP with an extension past the end', () => bytes(60, 0x90, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff), 'srtpMalformed'], // prettier-ignore
    ['SRTP of another key', () => bytes(60, 0x80, 100), 'srtpAuthentication'],
    ['SRTCP without room for index and tag', () => bytes(21, 0x80, 200), 'srtpMalformed'],
    ['SRTCP of another key', () => bytes(60, 0x80, 200), 'srtpAuthentication'],
    ['SRTCP that is not encrypted', () => bytes(60, 0x80, 201, 0, 1), 'srtpAuthentication'],
  ];

  it.each(otherRows)('%s', async (name, make, reason) => {
    const datagram = name.startsWith('19 bytes') ? make(attacked).subarray(0, 19) : make(attacked);
    expect(await attacked.fromStranger(datagram)).toEqual([]);
    expect(attacked.drops()).toEqual({ unknownTuple: 1 });
    expect(await attacked.fromPeer(datagram)).toEqual([]);
    expect(attacked.drops()).toEqual({ [reason]: 1 });
    await attacked.expectUnharmed();
  });

  it('a ClientHello of a stranger gets no answer', async () => {
    const hello = record(22, bytes(200, 1, 0, 0, 188, 0, 0, 0, 0, 0, 0, 0, 188));
    expect(await attacked.fromStranger(...new Array<Uint8Array>(100).fill(hello))).toEqual([]);
    expect(attacked.drops()).toEqual({ unknownTuple: 100 });
    await attacked.expectUnharmed();
  });

  it('replays and old packets of the peer', async () => {
    await attacked.worker.request(Method.TRANSPORT_PRODUCE, 't2', produceRequest('replayed', 3000));
    const packets = [0, 900, 1024].map(sequenceNumber => attacked.peer.protect(opusPacket(3000, sequenceNumber)));
    await attacked.fromPeer(packets[2], packets[0], packets[2], packets[1], packets[1]);
    expect(attacked.drops()).toEqual({ srtpTooOld: 1, srtpReplay: 2 });
    await attacked.worker.request(Method.TRANSPORT_CLOSE_PRODUCER, 't2', { producerId: 'replayed' });
    await attacked.expectUnharmed();
  });

  it.each([
    ['port 0', '10.0.0.99', 0],
    ['the broadcast address', '255.255.255.255', 7],
    ['a multicast address', '224.0.0.1', 5353],
    ['nowhere', '0.0.0.0', 1],
    ['the worker itself', WORKER_IP, -1],
  ])('datagrams that claim to come from %s', async (_, ip, port) => {
    const { network } = attacked.worker.world;
    const from = { ip, port: port < 0 ? attacked.port : port };
    for (const datagram of [
      bindingRequest(attacked.credentials, { credentials: wrong }),
      opusPacket(2000, 7),
      record(22, bytes(20)),
    ]) {
      network.send(datagram, from, { ip: WORKER_IP, port: attacked.port });
    }
    await attacked.worker.advance(5);
    const { stunNotRequest = 0, ...drops } = attacked.drops();
    expect(drops).toEqual({ stunUnauthorized: 1, unknownTuple: 2 });
    // An error answer to ourselves is no request: it ends there.
    expect(stunNotRequest).toBe(ip === WORKER_IP ? 1 : 0);
    await attacked.expectUnharmed();
  });

  it('more addresses than are remembered: the oldest but for the selected one is forgotten', async () => {
    const { worker, credentials, port } = attacked;
    const { network } = worker.world;
    const send = (ip: string, datagram: Uint8Array): void =>
      network.send(datagram, { ip, port: 1 }, { ip: WORKER_IP, port });
    for (let i = 1; i <= 9; i++) send(`10.0.9.${i}`, bindingRequest(credentials));
    await worker.advance(1);
    expect(attacked.drops()).toEqual({});
    for (let i = 1; i <= 9; i++) send(`10.0.9.${i}`, bytes(100, 255));
    await worker.advance(1);
    // The peer has one of the eight places.
    expect(attacked.drops()).toEqual({ unknownTuple: 2, unknownProtocol: 7 });
    await attacked.expectUnharmed();
  });
});

describe('a flood of ClientHellos', () => {
  /** A peer whose datagrams of the handshake can be sent again. */
  class RecordedPeer extends WebRtcPeer {
    readonly sent: Uint8Array[] = [];
    override onDtlsSend(datagram: Uint8Array, offset: number, length: number): void {
      this.sent.push(datagram.slice(offset, offset + length));
      super.onDtlsSend(datagram, offset, length);
    }
  }

  it('during a handshake gets a bounded answer, and the handshake ends well', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3');
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    await worker.request(Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', webRtcTransportRequest('slow'));
    const slow = new RecordedPeer(worker.createPeer('10.0.0.4'), '10.0.0.4', await dump(worker, 'slow'));
    await connect(worker, 'slow', slow, FbsWebRtcTransport.DtlsRole.CLIENT);
    await worker.advance(500);
    // The answers to the peer get lost, so the handshake stays in the middle.
    worker.world.network.setLink(WORKER_IP, '10.0.0.4', { loss: 1 });
    slow.startDtls('client');
    const [hello] = slow.sent;
    await worker.advance(1);
    let answered = 0;
    worker.world.network.onEvent = ({ what, from, to }) => {
      if (what === 'lost' && from.ip === WORKER_IP && to.ip === '10.0.0.4') answered++;
    };
    for (let ms = 0; ms < 50; ms++) {
      for (let i = 0; i < 20; i++) {
        // Each with another record sequence number, as a retransmission has; each second one with another random.
        const again = hello.slice();
        again.set([1, ms, i], 8);
        if (i % 2 === 1) again[40] ^= i;
        slow.sendPlain(again);
      }
      peers[0].sendRtp(opusPacket(1000, ms));
      await worker.advance(1);
    }
    worker.world.network.onEvent = () => {};
    expect(worker.core.drops.toJSON()).toEqual({ dtlsReplay: 1000 });
    // Two repetitions of a flight that fits into one datagram: at most one in 25 ms.
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThanOrEqual(3);
    expect(peers[1].rtp).toHaveLength(50);

    worker.world.network.setLink(WORKER_IP, '10.0.0.4', { loss: 0 });
    await worker.advance(2000);
    expect(slow.states).toEqual(['connecting', 'connected']);
  });
});

describe('a WebRtcServer', () => {
  it('answers nobody whose username fragment it does not know, over UDP or TCP', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3');
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    await worker.request(Method.WORKER_CREATE_WEBRTCSERVER, '', {
      webRtcServerId: 'server',
      listenInfos: [listenInfo({ port: 4000 }), listenInfo({ protocol: FbsTransport.Protocol.TCP, port: 4000 })],
    });
    await worker.request(
      Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER,
      'router',
      webRtcTransportWithServerRequest('served', 'server'),
    );
    const peer = await createPeer(worker, 'served', '10.0.0.4');
    await worker.advance(500);
    expect(peer.ice.answers[0]).toBeGreaterThan(0);

    const credentials = new IceCredentials('a'.repeat(32), 'b'.repeat(32));
    const requests = [{}, { username: '' }, { username: null }, { username: ':' }, { username: '\ud800' }].map(
      options => bindingRequest(credentials, options),
    );
    const attacker = worker.createPeer(ATTACKER_IP);
    let answers = 0;
    const socket = attacker.udp.bind({ ip: ATTACKER_IP, port: 1 }, { onDatagram: () => void answers++ });
    const connection = attacker.tcp.connect(WORKER_IP, 4000, { onFrame: () => void answers++, onClosed: () => {} });
    for (const request of requests) {
      socket.send(request, 0, request.length, socket.remoteAddress(WORKER_IP, 4000));
      connection.send(request, 0, request.length);
    }
    const junk = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    socket.send(junk, 0, junk.length, socket.remoteAddress(WORKER_IP, 4000));
    connection.send(junk, 0, junk.length);
    peers[0].sendRtp(opusPacket(1000, 1));
    await worker.advance(10);
    expect(answers).toBe(0);
    expect(worker.core.drops.toJSON()).toEqual({ stunUnknownUfrag: 10, unknownTuple: 2 });
    expect(peers[1].rtp).toHaveLength(1);
  });
});

describe('TCP connections over which no valid STUN request comes', () => {
  async function listening() {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    await worker.request(
      Method.ROUTER_CREATE_WEBRTCTRANSPORT,
      'router',
      webRtcTransportRequest('tcp', [listenInfo({ protocol: FbsTransport.Protocol.TCP })]),
    );
    const { iceParameters, iceCandidates } = await dump(worker, 'tcp');
    const { usernameFragment, password } = iceParameters;
    const attacker = worker.createPeer(ATTACKER_IP);
    let closed = 0;
    const open = (): TcpConnection =>
      attacker.tcp.connect(WORKER_IP, iceCandidates[0].port, { onFrame: () => {}, onClosed: () => void closed++ });
    const credentials = new IceCredentials(usernameFragment, password);
    return { worker, peers, credentials, open, closed: () => closed };
  }

  const send = (connection: TcpConnection, frame: Uint8Array): DropReason => connection.send(frame, 0, frame.length);

  it('are closed after half a minute, whatever else comes over them; others are not', async () => {
    const { worker, credentials, open, closed } = await listening();
    const [silent, noisy, valid] = [open(), open(), open()];
    await worker.advance(20_000);
    send(noisy, bytes(100, 0x80));
    send(noisy, bindingRequest(credentials, { credentials: new IceCredentials('wrong', 'wrong') }));
    send(valid, bindingRequest(credentials));
    await worker.advance(9_990);
    expect(closed()).toBe(0);
    await worker.advance(20);
    expect(closed()).toBe(2);
    expect(worker.core.drops.toJSON()).toEqual({ unknownTuple: 1, stunUnauthorized: 1, tcpUnclaimed: 2 });
    expect([silent, noisy, valid].map(connection => send(connection, bytes(1)))).toEqual([
      DropReason.sendError,
      DropReason.sendError,
      DropReason.none,
    ]);
  });

  it('are bounded: the oldest one makes room', async () => {
    const { worker, credentials, open, closed } = await listening();
    const valid = open();
    send(valid, bindingRequest(credentials));
    const first = open();
    for (let i = 1; i < 256; i++) open();
    await worker.advance(10);
    expect(closed()).toBe(0);
    open();
    await worker.advance(10);
    expect(closed()).toBe(1);
    expect([first, valid].map(connection => send(connection, bytes(1)))).toEqual([
      DropReason.sendError,
      DropReason.none,
    ]);
  });

  it('are forgotten when they, or the server, are closed', async () => {
    const { worker, open, closed } = await listening();
    open().close();
    open();
    await worker.advance(10);
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'tcp' });
    await worker.advance(60_000);
    expect(closed()).toBe(1);
    expect(worker.core.drops.toJSON()).toEqual({});
  });
});

describe('an exception', () => {
  it('of a timer is logged and counted, and costs nobody else anything', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    worker.runtime.timers.register({
      nextDeadline: worker.runtime.clock.now() + 10,
      onTimeout() {
        throw new Error('broken');
      },
    });
    await worker.advance(40_000);
    expect(worker.core.drops.toJSON()).toEqual({ internalError: 1 });
    expect(worker.logs.filter(line => line.includes('Error: broken'))).toHaveLength(1);
    expect(peers[0].ice.answers[0]).toBeGreaterThan(10);
  });
});
