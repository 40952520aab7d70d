import { Method } from '../../src/channel/fbs/request.js';
import * as FbsWebRtcTransport from '../../src/channel/fbs/web-rtc-transport.js';
import { Certificate } from '../../src/dtls/certificate.js';
import { type DtlsOwner, type DtlsRole, type DtlsSession, DtlsTransport } from '../../src/dtls/dtls-transport.js';
import { fingerprintAlgorithms, fingerprintOf } from '../../src/dtls/fingerprint.js';
import { type SrtpProfileName } from '../../src/dtls/srtp-profile.js';
import { isStun } from '../../src/ice/stun-message.js';
import { SrtpReceiver, SrtpSender } from '../../src/srtp/srtp-session.js';
import { type UdpSocket } from '../../src/worker/runtime.js';
import { type WakeUp } from '../../src/common/timer-queue.js';
import { createRouter, createWebRtcTransport } from './requests.js';
import { TestWorker } from './test-worker.js';
import { IcePeer } from '../sim/support/ice-peer.js';
import { type SimRuntime } from '../../src/testing/sim-runtime.js';

const { AUTO } = FbsWebRtcTransport.DtlsRole;

/** Connects the transport `id` to a peer that plays `role`. */
export const connect = (worker: TestWorker, id: string, peer: WebRtcPeer, role: FbsWebRtcTransport.DtlsRole = AUTO) =>
  worker.request<FbsWebRtcTransport.ConnectResponse>(Method.WEBRTCTRANSPORT_CONNECT, id, {
    dtlsParameters: { fingerprints: [peer.fingerprint], role },
  });

export const dump = (worker: TestWorker, id: string) =>
  worker.request<FbsWebRtcTransport.DumpResponse>(Method.TRANSPORT_DUMP, id);

/** A peer on a machine of its own, which starts with ICE at once. */
export async function createPeer(worker: TestWorker, id: string, ip: string): Promise<WebRtcPeer> {
  return new WebRtcPeer(worker.createPeer(ip), ip, await dump(worker, id));
}

/** A router with a transport `t0`, `t1` ... for each ip, each connected to a peer. */
export async function connectedPeers(...ips: string[]): Promise<{ worker: TestWorker; peers: WebRtcPeer[] }> {
  const worker = new TestWorker();
  await createRouter(worker);
  const peers: WebRtcPeer[] = [];
  for (const [index, ip] of ips.entries()) {
    const id = `t${index}`;
    await createWebRtcTransport(worker, id);
    const peer = await createPeer(worker, id, ip);
    peers.push(peer);
    await connect(worker, id, peer);
    peer.startDtls('server');
  }
  await worker.advance(1000);
  return { worker, peers };
}

/** A browser as a transport sees it: ICE, DTLS and SRTP over UDP, in virtual time. */
export class WebRtcPeer implements DtlsOwner {
  readonly ice: IcePeer;
  readonly certificate: Certificate;
  readonly dtls: DtlsTransport;
  /** Decrypted. */
  readonly rtp: Uint8Array[] = [];
  readonly rtcp: Uint8Array[] = [];
  readonly states: string[] = [];
  /** What the handshake agreed on. */
  srtpSuite: SrtpProfileName | undefined = undefined;
  readonly socket: UdpSocket;
  /** What came through DTLS. */
  onData: (bytes: Uint8Array) => void = () => {};

  readonly #runtime: SimRuntime;
  readonly #server: FbsWebRtcTransport.DumpResponse;
  readonly #dtlsWakeUp: WakeUp;
  #srtpSender: SrtpSender | undefined;
  #srtpReceiver: SrtpReceiver | undefined;

  constructor(runtime: SimRuntime, ip: string, server: FbsWebRtcTransport.DumpResponse) {
    this.#runtime = runtime;
    this.#server = server;
    this.certificate = Certificate.generate(runtime.clock.wallClockOffset + runtime.clock.now(), runtime.random);
    this.dtls = new DtlsTransport({ certificate: this.certificate, random: runtime.random }, this);
    this.#dtlsWakeUp = runtime.timers.register(this.dtls);
    this.ice = new IcePeer(runtime, {
      usernameFragment: server.iceParameters.usernameFragment,
      password: server.iceParameters.password,
    });
    this.socket = runtime.udp.bind({ ip, port: 0 }, { onDatagram: (bytes, _, now) => this.#receive(bytes, now) });
    this.ice.addWay((bytes, length) => this.#send(bytes, 0, length));
  }

  /** What the worker's transport has to be told. */
  get fingerprint(): FbsWebRtcTransport.Fingerprint {
    const { value } = fingerprintOf(this.certificate.der, 'sha-256');
    return { algorithm: FbsWebRtcTransport.FingerprintAlgorithm.SHA256, value };
  }

  startDtls(role: DtlsRole): void {
    const { algorithm, value } = this.#server.dtlsParameters.fingerprints[4];
    const now = this.#runtime.clock.now();
    this.dtls.setRemoteFingerprint({ algorithm: fingerprintAlgorithms[algorithm], value: value }, now);
    this.dtls.start(role, now);
    this.#dtlsWakeUp.update();
  }

  /** Sends something through DTLS. */
  sendData(bytes: Uint8Array): void {
    this.dtls.send(bytes, 0, bytes.length);
    this.#dtlsWakeUp.update();
  }

  sendRtp(packet: Uint8Array): void {
    this.sendPlain(this.protect(packet));
  }

  /** The SRTP packet that is sent for an RTP packet. */
  protect(packet: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(packet.length + 32);
    bytes.set(packet);
    return bytes.subarray(0, this.#srtpSender!.protectRtp(bytes, 0, packet.length));
  }

  sendRtcp(packet: Uint8Array): void {
    const bytes = new Uint8Array(packet.length + 32);
    bytes.set(packet);
    this.sendPlain(bytes.subarray(0, this.#srtpSender!.protectRtcp(bytes, 0, packet.length)));
  }

  sendPlain(bytes: Uint8Array): void {
    this.#send(bytes, 0, bytes.length);
  }

  onDtlsSend(bytes: Uint8Array, offset: number, length: number): void {
    this.#send(bytes, offset, length);
  }

  onDtlsConnecting(): void {
    this.states.push('connecting');
  }

  onDtlsConnected({ srtpProfile: suite, localKey, remoteKey }: DtlsSession): void {
    this.states.push('connected');
    this.srtpSuite = suite;
    this.#srtpSender = new SrtpSender({ suite, masterKey: localKey });
    this.#srtpReceiver = new SrtpReceiver({ suite, masterKey: remoteKey });
  }

  onDtlsFailed(): void {
    this.states.push('failed');
  }

  onDtlsClosed(): void {
    this.states.push('closed');
  }

  onDtlsApplicationData(bytes: Uint8Array, offset: number, length: number): void {
    this.onData(bytes.slice(offset, offset + length));
  }

  #send(bytes: Uint8Array, offset: number, length: number): void {
    const { port, address } = this.#server.iceCandidates[0];
    this.socket.send(bytes, offset, length, this.socket.remoteAddress(address, port));
  }

  #receive(bytes: Uint8Array, now: number): void {
    if (isStun(bytes, 0, bytes.length)) {
      this.ice.onMessage(bytes);
    } else if (bytes[0] < 64) {
      this.dtls.onPacket(bytes, 0, bytes.length, now);
      this.#dtlsWakeUp.update();
    } else {
      const copy = bytes.slice();
      const isRtcp = bytes[1] >= 192 && bytes[1] <= 223;
      const receiver = this.#srtpReceiver!;
      const length = isRtcp
        ? receiver.unprotectRtcp(copy, 0, copy.length)
        : receiver.unprotectRtp(copy, 0, copy.length);
      if (length > 0) (isRtcp ? this.rtcp : this.rtp).push(copy.subarray(0, length));
    }
  }
}
