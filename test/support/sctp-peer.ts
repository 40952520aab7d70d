import { type WakeUp } from '../../src/common/timer-queue.js';
import { SctpAssociation } from '../../src/sctp/association.js';
import { type SctpAssociationOwner, type SctpSendOptions, type SctpState } from '../../src/sctp/association-owner.js';
import { type SctpAssociationOptions } from '../../src/sctp/options.js';
import { type SimRuntime } from '../../src/testing/sim-runtime.js';
import { type UdpSocket } from '../../src/worker/runtime.js';
import { type TestWorker, WORKER_IP } from './test-worker.js';
import { type WebRtcPeer } from './webrtc-peer.js';

/** The far end of a transport's association, in virtual time: an association of its own. */
export class SctpPeer implements SctpAssociationOwner {
  readonly association: SctpAssociation;
  readonly states: SctpState[] = [];
  /** `<stream> <ppid> <text>` of each message. */
  readonly messages: string[] = [];
  /** Streams that the other end reset. */
  readonly resets: number[] = [];
  /** Packets that went out. */
  sentPackets = 0;
  /** Types of the chunks that came in. */
  readonly receivedChunks: number[] = [];
  /** Whether to see what comes, by the type of its first chunk. */
  sees: (chunkType: number) => boolean = () => true;

  readonly #clock: SimRuntime['clock'];
  readonly #wakeUp: WakeUp;
  readonly #send: (bytes: Uint8Array) => void;

  constructor(runtime: SimRuntime, send: (bytes: Uint8Array) => void, options: Partial<SctpAssociationOptions> = {}) {
    this.#clock = runtime.clock;
    this.#send = send;
    this.association = new SctpAssociation({ ...options, random: runtime.random }, this);
    this.#wakeUp = runtime.timers.register(this.association);
  }

  connect(): void {
    this.#do(now => this.association.connect(now));
  }

  receive(bytes: Uint8Array): void {
    const types = chunkTypes(bytes);
    this.receivedChunks.push(...types);
    if (!this.sees(types[0])) return;
    this.#do(now => this.association.onPacket(bytes, 0, bytes.length, now));
  }

  send(streamId: number, ppid: number, text: string, options: SctpSendOptions = {}): void {
    this.#do(now => this.association.send(streamId, ppid, Buffer.from(text), options, now));
  }

  reset(...streamIds: number[]): void {
    this.#do(now => this.association.resetStreams(streamIds, now));
  }

  close(): void {
    this.#do(now => this.association.close(now));
  }

  shutdown(): void {
    this.#do(now => this.association.shutdown(now));
  }

  onSctpSend(bytes: Uint8Array, offset: number, length: number): void {
    this.sentPackets++;
    this.#send(bytes.slice(offset, offset + length));
  }

  onSctpStateChange(state: SctpState): void {
    this.states.push(state);
  }

  onSctpNegotiated(): void {}

  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array): void {
    this.messages.push(`${streamId} ${ppid} ${Buffer.from(payload).toString()}`);
  }

  onSctpStreamReset(streamId: number): void {
    this.resets.push(streamId);
  }

  onSctpBufferedAmountLow(): void {}

  #do(action: (now: number) => void): void {
    action(this.#clock.now());
    this.#wakeUp.update();
  }
}

function chunkTypes(packet: Uint8Array): number[] {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const types: number[] = [];
  for (let at = 12; at + 4 <= packet.length; at += (view.getUint16(at + 2) + 3) & ~3) types.push(packet[at]);
  return types;
}

/** A peer of a PlainTransport or PipeTransport, with its UDP socket. */
export function createUdpSctpPeer(
  worker: TestWorker,
  ip: string,
  workerPort: number,
  options?: Partial<SctpAssociationOptions>,
): { peer: SctpPeer; socket: UdpSocket } {
  const runtime = worker.createPeer(ip);
  const socket = runtime.udp.bind({ ip, port: 0 }, { onDatagram: bytes => peer.receive(bytes.slice()) });
  const peer = new SctpPeer(
    runtime,
    bytes => socket.send(bytes, 0, bytes.length, socket.remoteAddress(WORKER_IP, workerPort)),
    options,
  );
  return { peer, socket };
}

/** A peer of a WebRtcTransport, behind its DTLS. */
export function createDtlsSctpPeer(runtime: SimRuntime, webRtcPeer: WebRtcPeer): SctpPeer {
  const peer = new SctpPeer(runtime, bytes => webRtcPeer.sendData(bytes));
  webRtcPeer.onData = bytes => peer.receive(bytes);
  return peer;
}
