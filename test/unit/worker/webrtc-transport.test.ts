import { describe, expect, it } from 'vitest';
import { Method } from '../../../src/channel/fbs/request.js';
import type * as FbsProducer from '../../../src/channel/fbs/producer.js';
import type * as FbsRouter from '../../../src/channel/fbs/router.js';
import * as FbsTransport from '../../../src/channel/fbs/transport.js';
import type * as FbsWebRtcServer from '../../../src/channel/fbs/web-rtc-server.js';
import * as FbsWebRtcTransport from '../../../src/channel/fbs/web-rtc-transport.js';
import { DropReason } from '../../../src/common/drop-reason.js';
import { orderSrtpProfiles } from '../../../src/dtls/srtp-profile.js';
import {
  consumeRequest,
  createRouter,
  createWebRtcTransport,
  listenInfo,
  opusPacket,
  produceRequest,
  webRtcTransportWithServerRequest,
} from '../../support/requests.js';
import { DEFAULT_SETTINGS } from '../../../src/worker/settings.js';
import { TestWorker, WORKER_IP } from '../../support/test-worker.js';
import { IcePeer } from '../../sim/support/ice-peer.js';
import { connect, connectedPeers, createPeer, dump, WebRtcPeer } from '../../support/webrtc-peer.js';

const { AUTO, CLIENT, SERVER } = FbsWebRtcTransport.DtlsRole;

const nameOf = (names: Record<string, number>, value: number): string | undefined =>
  Object.keys(names).find(name => names[name] === value);

const closeRouter = (worker: TestWorker) => worker.request(Method.WORKER_CLOSE_ROUTER, '', { routerId: 'router' });

/** Notifications of a transport as short texts. */
const events = (worker: TestWorker, id: string): string[] =>
  worker.take(id).map(({ event, body }) => {
    if (event === 'WEBRTCTRANSPORT_ICE_STATE_CHANGE') {
      return `ice ${nameOf(FbsWebRtcTransport.IceState, (body as FbsWebRtcTransport.IceStateChangeNotification).iceState)}`;
    }
    if (event === 'WEBRTCTRANSPORT_DTLS_STATE_CHANGE') {
      const { dtlsState } = body as FbsWebRtcTransport.DtlsStateChangeNotification;
      return `dtls ${nameOf(FbsWebRtcTransport.DtlsState, dtlsState)}`;
    }
    return event === 'WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE' ? 'tuple' : event;
  });

describe('WebRtcTransport', () => {
  it.each([
    [DEFAULT_SETTINGS.srtpProfiles, 'AES_CM_128_HMAC_SHA1_80'],
    [orderSrtpProfiles(['AEAD_AES_256_GCM']), 'AEAD_AES_256_GCM'],
    [orderSrtpProfiles(['AES_CM_128_HMAC_SHA1_32', 'AEAD_AES_128_GCM']), 'AES_CM_128_HMAC_SHA1_32'],
  ] as const)('encrypts with what is preferred of %j', async (srtpProfiles, expected) => {
    const worker = new TestWorker({ settings: { srtpProfiles } });
    await createRouter(worker);
    await createWebRtcTransport(worker, 'a');
    const peer = await createPeer(worker, 'a', '10.0.1.1');
    await connect(worker, 'a', peer, CLIENT);
    peer.startDtls('client');
    await worker.advance(1000);
    expect(peer.srtpSuite).toBe(expected);
  });

  it('connects as a client unless the peer is one', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    for (const [id, role, expected] of [
      ['a', AUTO, CLIENT],
      ['b', SERVER, CLIENT],
      ['c', CLIENT, SERVER],
    ] as const) {
      await createWebRtcTransport(worker, id);
      const peer = await createPeer(worker, id, `10.0.1.${expected}${role}`);
      expect((await dump(worker, id)).dtlsParameters.role).toBe(AUTO);
      expect((await connect(worker, id, peer, role)).dtlsLocalRole).toBe(expected);
      expect((await dump(worker, id)).dtlsParameters.role).toBe(expected);
      await expect(connect(worker, id, peer, role)).rejects.toThrow('connect() already called');
    }
  });

  it('goes through ICE and DTLS, and tells each step', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    expect(peers[0].states).toEqual(['connecting', 'connected']);
    expect(events(worker, 't0')).toEqual([
      'tuple',
      'ice CONNECTED',
      'dtls CONNECTING',
      'ice COMPLETED',
      'dtls CONNECTED',
    ]);
    const { iceState, dtlsState, iceSelectedTuple } = await dump(worker, 't0');
    expect([iceState, dtlsState]).toEqual([
      FbsWebRtcTransport.IceState.COMPLETED,
      FbsWebRtcTransport.DtlsState.CONNECTED,
    ]);
    expect(iceSelectedTuple).toMatchObject({ localAddress: WORKER_IP, remoteIp: '10.0.0.2' });
  });

  it('is a server of its own accord if the peer is faster than the application', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createWebRtcTransport(worker, 't');
    const peer = await createPeer(worker, 't', '10.0.0.2');
    await worker.advance(100);
    peer.startDtls('client');
    await worker.advance(500);
    // The handshake is over, but whose certificate it was is not known yet.
    expect(events(worker, 't')).toEqual(['tuple', 'ice CONNECTED', 'dtls CONNECTING', 'ice COMPLETED']);
    worker.order.length = 0;
    expect((await connect(worker, 't', peer, CLIENT)).dtlsLocalRole).toBe(SERVER);
    expect(worker.order.map(what => what[0])).toEqual(['W', '#']);
    expect(events(worker, 't')).toEqual(['dtls CONNECTED']);
  });

  it('fails on a wrong fingerprint', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createWebRtcTransport(worker, 't');
    const peer = await createPeer(worker, 't', '10.0.0.2');
    const other = await createPeer(worker, 't', '10.0.0.3');
    other.socket.close();
    await connect(worker, 't', other, CLIENT);
    await worker.advance(100);
    peer.startDtls('client');
    await worker.advance(500);
    expect(events(worker, 't').at(-1)).toBe('dtls FAILED');
  });

  it('forwards media from peer to peer', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3');
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    for (let seq = 0; seq < 50; seq++) {
      peers[0].sendRtp(opusPacket(1000, seq));
      await worker.advance(20);
    }
    await worker.advance(2000);
    expect(peers[1].rtp).toHaveLength(50);
    expect(peers[1].rtp.every(packet => new DataView(packet.buffer).getUint32(8) === 5000)).toBe(true);
    expect(peers[0].rtcp.length).toBeGreaterThan(0);
    expect(peers[1].rtcp.length).toBeGreaterThan(0);
    expect(worker.core.drops.toJSON()).toEqual({});
    // Two keys per transport, and keystream for two streams.
    expect(worker.core.memory.slotsInUse).toBe(6);
    await closeRouter(worker);
    expect(worker.core.memory.slotsInUse).toBe(0);
  });

  it('counts and drops what is not encrypted, and what comes from elsewhere', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    peers[0].sendPlain(opusPacket(1000, 1));
    const stranger = await createPeer(worker, 't0', '10.0.0.4');
    stranger.sendPlain(opusPacket(1000, 1));
    await worker.advance(10);
    const { drops } = worker.core;
    expect([drops.get(DropReason.srtpAuthentication), drops.get(DropReason.unknownTuple)]).toEqual([1, 1]);
  });

  it('stands replays, forgeries, a flood of ClientHellos and a spray of SSRCs; others do not notice', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3', '10.0.0.4');
    const [sender, receiver, attacker] = peers;
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    await worker.request(Method.TRANSPORT_PRODUCE, 't2', produceRequest('victim', 2000));
    const replayed = attacker.protect(opusPacket(2000, 1));
    const forged = attacker.protect(opusPacket(2000, 2));
    forged[forged.length - 1] ^= 1;
    // The record of a ClientHello (RFC 6347 §4.1, §4.2.2), which comes after the handshake and in the clear.
    const clientHello = new Uint8Array(60);
    clientHello.set([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 47, 1, 0, 0, 35, 0, 0, 0, 0, 0, 0, 0, 35]);
    attacker.sendPlain(replayed);
    for (let seq = 0; seq < 50; seq++) {
      sender.sendRtp(opusPacket(1000, seq));
      for (let i = 0; i < 10; i++) attacker.sendPlain(replayed);
      for (let i = 0; i < 10; i++) attacker.sendPlain(forged);
      for (let i = 0; i < 20; i++) attacker.sendPlain(clientHello);
      for (let i = 0; i < 100; i++) attacker.sendRtp(opusPacket(100_000 + seq * 100 + i, 1));
      await worker.advance(20);
    }
    await worker.advance(1000);
    expect(receiver.rtp).toHaveLength(50);
    const { drops } = worker.core;
    expect(drops.get(DropReason.srtpReplay)).toBe(500);
    expect(drops.get(DropReason.srtpAuthentication)).toBe(500);
    expect(drops.get(DropReason.rtpNoProducer)).toBe(5000);
    expect(drops.get(DropReason.dtlsReplay)).toBe(1000);
    expect(attacker.states).toEqual(['connecting', 'connected']);
    // Two keys per transport, and keystream for three streams.
    expect(worker.core.memory.slotsInUse).toBe(9);
    const stats = await worker.request<FbsProducer.GetStatsResponse>(Method.PRODUCER_GET_STATS, 'victim');
    expect(stats.stats).toHaveLength(1);
    await closeRouter(worker);
    expect(worker.core.memory.slotsInUse).toBe(0);
  });

  it('takes new streams after reports under more SSRCs than it remembers, and after streams that nobody wants', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3');
    const report = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 0);
    for (let ssrc = 10_000; ssrc < 15_000; ssrc++) {
      new DataView(report.buffer).setUint32(4, ssrc);
      peers[0].sendRtcp(report);
      peers[0].sendRtp(opusPacket(ssrc, 1));
      if (ssrc % 100 === 0) await worker.advance(1);
    }
    await worker.advance(1);
    expect(worker.core.drops.toJSON()).toEqual({ rtpNoProducer: 5000 });
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    peers[0].sendRtp(opusPacket(1000, 1));
    await worker.advance(1);
    expect(peers[1].rtp).toHaveLength(1);
  });

  it('refuses a username fragment that two restarts made invalid', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createWebRtcTransport(worker, 't');
    const before = await dump(worker, 't');
    for (let i = 0; i < 2; i++) await worker.request(Method.TRANSPORT_RESTART_ICE, 't');
    const peer = new WebRtcPeer(worker.createPeer('10.0.0.2'), '10.0.0.2', before);
    await worker.advance(1000);
    expect(peer.ice.answers).toEqual([0]);
    expect(worker.core.drops.get(DropReason.stunUnauthorized)).toBeGreaterThan(0);
    expect(events(worker, 't')).toEqual([]);
  });

  it('loses consent, and comes back without a new handshake', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    events(worker, 't0');
    worker.world.network.setPath(WORKER_IP, '10.0.0.2', { loss: 1 });
    await worker.advance(40_000);
    expect(events(worker, 't0')).toEqual(['ice DISCONNECTED']);
    worker.world.network.setPath(WORKER_IP, '10.0.0.2', { loss: 0 });
    await worker.advance(5000);
    expect(events(worker, 't0').slice(0, 2)).toEqual(['tuple', 'ice COMPLETED']);
    expect(peers[0].states).toEqual(['connecting', 'connected']);
  });

  it('loses consent once, without a storm of timers, after the machine slept for minutes', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2', '10.0.0.3');
    await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('consumer', 'producer', 1000, 5000));
    for (let seq = 0; seq < 20; seq++) {
      peers[0].sendRtp(opusPacket(1000, seq));
      await worker.advance(20);
    }
    for (const id of ['t0', 't1']) events(worker, id);
    let sent = 0;
    worker.world.network.onEvent = ({ what, from }) => {
      if (what === 'sent' && from.ip === WORKER_IP) sent++;
    };
    worker.world.time.sleep(600_000);
    await worker.advance(1);
    for (const id of ['t0', 't1']) {
      expect(events(worker, id)).toEqual(['ice DISCONNECTED', 'tuple', 'ice COMPLETED']);
    }
    // The answers to one check of each peer, and at most one report for each.
    expect(sent).toBeLessThanOrEqual(4);
    peers[0].sendRtp(opusPacket(1000, 20));
    await worker.advance(1);
    expect(peers[1].rtp).toHaveLength(21);
    expect(worker.core.drops.toJSON()).toEqual({});
  });

  it('is reached over TCP, and disconnects when the connection ends', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const tcp = listenInfo({ protocol: FbsTransport.Protocol.TCP });
    const { iceCandidates, iceParameters } = await createWebRtcTransport(worker, 't', [tcp]);
    const runtime = worker.createPeer('10.0.0.2');
    const ice = new IcePeer(runtime, {
      usernameFragment: iceParameters.usernameFragment,
      password: iceParameters.password,
    });
    const connection = runtime.tcp.connect(WORKER_IP, iceCandidates[0].port, {
      onFrame: frame => ice.onMessage(frame),
      onClosed: () => {},
    });
    ice.addWay((bytes, length) => connection.send(bytes, 0, length));
    await worker.advance(500);
    expect(events(worker, 't').slice(0, 2)).toEqual(['tuple', 'ice CONNECTED']);
    const { protocol } = (await dump(worker, 't')).iceSelectedTuple!;
    expect(protocol).toBe(FbsTransport.Protocol.TCP);
    connection.close();
    await worker.advance(100);
    expect(events(worker, 't').at(-1)).toBe('ice DISCONNECTED');
  });

  it('says goodbye when it is closed', async () => {
    const { worker, peers } = await connectedPeers('10.0.0.2');
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 't0' });
    await worker.advance(10);
    expect(peers[0].states.at(-1)).toBe('closed');
    expect(events(worker, 't0').filter(event => event.includes('CLOSED'))).toEqual([]);
  });
});

describe('WebRtcServer', () => {
  async function served(...ids: string[]) {
    const worker = new TestWorker();
    await createRouter(worker);
    await worker.request(Method.WORKER_CREATE_WEBRTCSERVER, '', {
      webRtcServerId: 'server',
      listenInfos: [listenInfo({ port: 4000 }), listenInfo({ protocol: FbsTransport.Protocol.TCP, port: 4000 })],
    });
    for (const id of ids) {
      await worker.request(
        Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER,
        'router',
        webRtcTransportWithServerRequest(id, 'server'),
      );
    }
    return worker;
  }

  it('serves transports over one socket, told apart by username fragment and address', async () => {
    const worker = await served('a', 'b');
    const a = await createPeer(worker, 'a', '10.0.0.2');
    const b = await createPeer(worker, 'b', '10.0.0.3');
    await connect(worker, 'a', a);
    await connect(worker, 'b', b);
    a.startDtls('server');
    b.startDtls('server');
    await worker.advance(1000);
    for (const id of ['a', 'b'])
      expect((await dump(worker, id)).dtlsState).toBe(FbsWebRtcTransport.DtlsState.CONNECTED);
    // STUN is the server's, all else the transports'.
    const { base } = await worker.request<FbsWebRtcTransport.GetStatsResponse>(Method.TRANSPORT_GET_STATS, 'a');
    expect(base.bytesReceived).toBeGreaterThan(0n);
    const { udpSockets, tcpServers, localIceUsernameFragments } = await worker.request<FbsWebRtcServer.DumpResponse>(
      Method.WEBRTCSERVER_DUMP,
      'server',
    );
    expect([udpSockets, tcpServers]).toEqual([[{ ip: WORKER_IP, port: 4000 }], [{ ip: WORKER_IP, port: 4000 }]]);
    expect(localIceUsernameFragments.map(one => one.webRtcTransportId)).toEqual(['a', 'b']);
  });

  it('knows a transport by the old and the new username fragment during an ICE restart', async () => {
    const worker = await served('a', 'b');
    const peer = await createPeer(worker, 'a', '10.0.0.2');
    await connect(worker, 'a', peer);
    await worker.advance(500);
    const fragments = async (): Promise<unknown[]> => {
      const server = await worker.request<FbsWebRtcServer.DumpResponse>(Method.WEBRTCSERVER_DUMP, 'server');
      return server.localIceUsernameFragments
        .filter(one => one.webRtcTransportId === 'a')
        .map(one => one.localIceUsernameFragment);
    };
    const [before] = await fragments();
    const { usernameFragment, password } = await worker.request<FbsTransport.RestartIceResponse>(
      Method.TRANSPORT_RESTART_ICE,
      'a',
    );
    expect(new Set(await fragments())).toEqual(new Set([before, usernameFragment]));
    peer.ice.restart({ usernameFragment: usernameFragment, password: password });
    await worker.advance(3000);
    expect(await fragments()).toEqual([usernameFragment]);
    expect((await dump(worker, 'a')).iceState).toBe(FbsWebRtcTransport.IceState.COMPLETED);
  });

  it('drops what is for nobody', async () => {
    const worker = await served('a');
    const peer = await createPeer(worker, 'a', '10.0.0.2');
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'a' });
    peer.sendPlain(opusPacket(1000, 1));
    await worker.advance(100);
    const { drops } = worker.core;
    expect(drops.get(DropReason.unknownTuple)).toBe(1);
    expect(drops.get(DropReason.stunUnknownUfrag)).toBeGreaterThan(0);
    expect(peer.ice.answers).toEqual([0]);
  });

  it('takes its transports with it, and gives its ports back', async () => {
    const worker = await served('a');
    await worker.request(Method.WORKER_WEBRTCSERVER_CLOSE, '', { webRtcServerId: 'server' });
    expect((await worker.request<FbsRouter.DumpResponse>(Method.ROUTER_DUMP, 'router')).transportIds).toEqual([]);
    await createWebRtcTransport(worker, 'a', [
      listenInfo({ port: 4000 }),
      listenInfo({ protocol: FbsTransport.Protocol.TCP, port: 4000 }),
    ]);
  });
});
