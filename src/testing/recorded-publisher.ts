import { type PlainTransport } from '../api/types/plain-transport.js';
import { type Producer } from '../api/types/producer.js';
import { type Router } from '../api/types/router.js';
import { type MediaKind, type RtpParameters } from '../api/types/rtp-parameters.js';
import { type RemoteAddress, type UdpSocket } from '../worker/runtime.js';
import { type RecordedDatagram } from './rtp-dump.js';
import { type SimRuntime } from './sim-runtime.js';

const PORT = 5000;

/** What somebody sent once. */
export interface PublisherRecording {
  kind: MediaKind;
  /** Payload types, header extension ids and encodings as they are in the datagrams. */
  rtpParameters: RtpParameters;
  datagrams: readonly RecordedDatagram[];
}

/** A peer that sends what was recorded, once, and does not listen: no key frame comes that was not recorded. */
export class RecordedPublisher {
  readonly transport: PlainTransport;
  readonly producer: Producer;
  readonly #socket: UdpSocket;
  #isClosed = false;

  private constructor(transport: PlainTransport, producer: Producer, socket: UdpSocket) {
    this.transport = transport;
    this.producer = producer;
    this.#socket = socket;
  }

  /** @param workerIp address of the worker's machine */
  static async create(
    runtime: SimRuntime,
    ip: string,
    router: Router,
    workerIp: string,
    { kind, rtpParameters, datagrams }: PublisherRecording,
  ): Promise<RecordedPublisher> {
    const socket = runtime.udp.bind({ ip, port: PORT }, { onDatagram: () => {} });
    const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: workerIp } });
    await transport.connect({ ip, port: PORT });
    const producer = await transport.produce({ kind, rtpParameters });
    const publisher = new RecordedPublisher(transport, producer, socket);
    publisher.#play(runtime, datagrams, socket.remoteAddress(workerIp, transport.tuple.localPort));
    return publisher;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  #play({ clock }: SimRuntime, datagrams: readonly RecordedDatagram[], remote: RemoteAddress): void {
    for (const { at, bytes } of datagrams) {
      clock.after(at, () => {
        if (!this.#isClosed) this.#socket.send(bytes, 0, bytes.length, remote);
      });
    }
  }
}
