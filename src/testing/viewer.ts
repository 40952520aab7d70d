import { type Consumer, type ConsumerOptions } from '../api/types/consumer.js';
import { type PlainTransport } from '../api/types/plain-transport.js';
import { type Router } from '../api/types/router.js';
import { type RtpCapabilities } from '../api/types/rtp-parameters.js';
import { type CongestionControlServer } from '../bwe/congestion-control-server.js';
import { RembServer } from '../bwe/remb-server.js';
import { TransportCcServer } from '../bwe/transport-cc-server.js';
import { createPayloadParser } from '../rtp/codecs/registry.js';
import { writeNack, maxNackLength } from '../rtp/rtcp/nack.js';
import { PLI_LENGTH, writePli } from '../rtp/rtcp/pli.js';
import { readCompound } from '../rtp/rtcp/reader.js';
import { rembLength, writeRemb } from '../rtp/rtcp/remb.js';
import { receiverReportLength, writeReceiverReports } from '../rtp/rtcp/receiver-report.js';
import { isRtcp, RTCP_MAX_LENGTH } from '../rtp/rtcp/rtcp-packet.js';
import { TransportFeedbackBuilder } from '../rtp/rtcp/transport-feedback-builder.js';
import { RtpPacket } from '../rtp/rtp-packet.js';
import { RtpStreamRecv, type RtpStreamRecvOwner } from '../rtp/rtp-stream-recv.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../rtp/time.js';
import { type RemoteAddress, type UdpSocket } from '../worker/runtime.js';
import { JitterBuffer } from './jitter-buffer.js';
import { RtcpListener } from './rtcp-listener.js';
import { type SimRuntime } from './sim-runtime.js';

const REPORT_INTERVAL = 1000;
const POLL_INTERVAL = 50;

/** What a peer is able and willing to do about what it receives. */
export interface ViewerOptions {
  /** Whether it understands RTX; otherwise lost packets come again as they were. Default true. */
  rtx?: boolean;
  /**
   * The feedback that it negotiates: transport-wide feedback (default), REMB as it was before that, or none, and then all
   * that it prefers is sent.
   */
  congestionControl?: 'transport-cc' | 'goog-remb' | 'none';
  /** Whether it sends what it has negotiated. Default true. */
  feedback?: boolean;
}

/**
 * A peer that watches: receives what its transport sends, with feedback about the bandwidth, NACKs, receiver reports and
 * a jitter buffer for each Consumer, as a plain RTP receiver.
 */
export class Viewer {
  readonly transport: PlainTransport;
  /** Whether it sends feedback about the bandwidth. */
  feedback: boolean;

  readonly #runtime: SimRuntime;
  readonly #rtpCapabilities: RtpCapabilities;
  readonly #socket: UdpSocket;
  readonly #remote: RemoteAddress;
  readonly #rtx: boolean;
  readonly #received: Received[] = [];
  readonly #packet = new RtpPacket();
  readonly #bytes = new Uint8Array(RTCP_MAX_LENGTH);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #congestion: CongestionControlServer | undefined;
  #isClosed = false;

  private constructor(
    runtime: SimRuntime,
    router: Router,
    socket: UdpSocket,
    remote: RemoteAddress,
    transport: PlainTransport,
    { rtx = true, congestionControl = 'transport-cc', feedback = true }: ViewerOptions,
  ) {
    this.#runtime = runtime;
    this.#rtpCapabilities = capabilities(router, congestionControl);
    this.#socket = socket;
    this.#remote = remote;
    this.#rtx = rtx;
    this.transport = transport;
    this.feedback = feedback;
    this.#congestion = this.#createServer(congestionControl);
    if (this.#congestion) {
      this.#congestion.transportConnected(runtime.clock.now());
      runtime.timers.register(this.#congestion);
    }
    this.#every(REPORT_INTERVAL, () => this.#report());
    this.#every(POLL_INTERVAL, () => this.#poll());
  }

  /** @param workerIp address of the worker's machine. @param port where it receives */
  static async create(
    runtime: SimRuntime,
    ip: string,
    port: number,
    router: Router,
    workerIp: string,
    options: ViewerOptions,
  ): Promise<Viewer> {
    const handler = {
      onDatagram: (bytes: Uint8Array, _remote: RemoteAddress, now: number): void => viewer?.receive(bytes, now),
    };
    const socket = runtime.udp.bind({ ip, port }, handler);
    const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: workerIp } });
    await transport.connect({ ip, port });
    const remote = socket.remoteAddress(workerIp, transport.tuple.localPort);
    const viewer = new Viewer(runtime, router, socket, remote, transport, options);
    return viewer;
  }

  /** Consumes a Producer of the Router. */
  async consume(producerId: string, options: Partial<ConsumerOptions> = {}): Promise<Consumer> {
    const consumer = await this.transport.consume({
      producerId,
      rtpCapabilities: this.#rtpCapabilities,
      enableRtx: this.#rtx,
      ...options,
    });
    this.#received.push(new Received(consumer, this.#rtx, this.#runtime, this));
    return consumer;
  }

  /** What it sees of a Consumer. */
  playback(consumer: Consumer): JitterBuffer['statistics'] {
    const received = this.#received.find(one => one.consumer === consumer);
    if (!received) throw new Error('not a Consumer of this Viewer');
    return received.jitterBuffer.statistics;
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  receive(bytes: Uint8Array, now: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (isRtcp(bytes, 0, bytes.length)) {
      readCompound(bytes, view, 0, bytes.length, new SenderReports(this.#received, now));
      return;
    }
    const packet = this.#packet;
    if (!packet.parse(bytes, view, 0, bytes.length)) return;
    packet.receivedAt = now;
    this.#congestion?.receivePacket(packet, now);
    for (const received of this.#received) if (received.receive(packet, now)) return;
  }

  sendNack(ssrc: number, seqs: Uint16Array, count: number): void {
    const bytes = new Uint8Array(maxNackLength(count));
    const length = writeNack(new DataView(bytes.buffer), 0, 1, ssrc, seqs, count);
    this.#sendBytes(bytes, length);
  }

  sendPli(ssrc: number): void {
    const bytes = new Uint8Array(PLI_LENGTH);
    this.#sendBytes(bytes, writePli(new DataView(bytes.buffer), 0, 1, ssrc));
  }

  #createServer(type: ViewerOptions['congestionControl']): CongestionControlServer | undefined {
    if (type === 'none') return undefined;
    const owner = {
      onSendTransportFeedback: (builder: TransportFeedbackBuilder): void => {
        if (this.feedback) this.#send(builder.write(this.#view, 0));
      },
      onSendRemb: (bitrate: number, ssrcs: readonly number[]): void => {
        const bytes = new Uint8Array(rembLength(ssrcs.length));
        if (this.feedback) this.#sendBytes(bytes, writeRemb(new DataView(bytes.buffer), 0, 1, 0, bitrate, ssrcs));
      },
    };
    return type === 'goog-remb' ? new RembServer(owner) : new TransportCcServer(new TransportFeedbackBuilder(), owner);
  }

  #report(): void {
    const now = this.#runtime.clock.now();
    const blocks = this.#received.filter(({ hasStarted }) => hasStarted).map(one => one.stream.receptionReport(0, now));
    if (blocks.length === 0) return;
    const bytes = new Uint8Array(receiverReportLength(blocks.length));
    this.#sendBytes(bytes, writeReceiverReports(new DataView(bytes.buffer), 0, 1, blocks));
  }

  #poll(): void {
    for (const { jitterBuffer } of this.#received) jitterBuffer.poll(this.#runtime.clock.now());
  }

  #send(length: number): void {
    this.#sendBytes(this.#bytes, length);
  }

  #sendBytes(bytes: Uint8Array, length: number): void {
    if (!this.#isClosed) this.#socket.send(bytes, 0, length, this.#remote);
  }

  #every(interval: number, action: () => void): void {
    const { clock } = this.#runtime;
    const again = (): void => {
      if (this.#isClosed) return;
      action();
      clock.after(interval, again);
    };
    clock.after(interval, again);
  }
}

/** The Router's capabilities with this feedback about the bandwidth and no other. */
function capabilities({ rtpCapabilities }: Router, congestionControl: string): RtpCapabilities {
  const { codecs = [], headerExtensions = [] } = rtpCapabilities;
  const isUsed = (type: string): boolean => !FEEDBACK.includes(type) || type === congestionControl;
  return {
    codecs: codecs.map(codec => ({
      ...codec,
      rtcpFeedback: codec.rtcpFeedback?.filter(({ type }) => isUsed(type)),
    })),
    headerExtensions: headerExtensions.filter(
      ({ uri }) => congestionControl === 'transport-cc' || !uri.includes('transport-wide-cc'),
    ),
  };
}

const FEEDBACK = ['transport-cc', 'goog-remb'];

/** What comes in from one Consumer. */
class Received implements RtpStreamRecvOwner {
  readonly consumer: Consumer;
  readonly stream: RtpStreamRecv;
  readonly jitterBuffer: JitterBuffer;
  hasStarted = false;

  readonly #viewer: Viewer;
  readonly #wakeUp: { update(): void };

  constructor(consumer: Consumer, rtx: boolean, { clock, timers }: SimRuntime, viewer: Viewer) {
    const { codecs, encodings } = consumer.rtpParameters;
    const [codec, rtxCodec] = codecs;
    const [encoding] = encodings!;
    this.consumer = consumer;
    this.#viewer = viewer;
    this.jitterBuffer = new JitterBuffer(() => viewer.sendPli(this.stream.params.ssrc));
    this.stream = new RtpStreamRecv(
      {
        params: {
          encodingIdx: 0,
          ssrc: encoding.ssrc!,
          payloadType: codec.payloadType,
          mimeType: codec.mimeType,
          clockRate: codec.clockRate,
          rid: '',
          cname: '',
          useNack: true,
          usePli: true,
          useFir: false,
          useInBandFec: false,
          useDtx: false,
          spatialLayers: 1,
          temporalLayers: 1,
        },
        parser: createPayloadParser(codec.mimeType),
        nackDelay: 10,
        inactivityCheck: false,
        ntpOffset: clock.wallClockOffset * 1000 + NTP_UNIX_OFFSET_SECONDS * 1e6,
      },
      this,
      clock.now(),
    );
    if (rtx && encoding.rtx) this.stream.setRtx({ ssrc: encoding.rtx.ssrc, payloadType: rtxCodec.payloadType });
    this.#wakeUp = timers.register(this.stream);
  }

  /** False: the packet belongs to another one. */
  receive(packet: RtpPacket, now: number): boolean {
    const { stream } = this;
    if (packet.ssrc === stream.params.ssrc) {
      if (stream.receivePacket(packet, now)) this.#buffer(packet, now);
    } else if (packet.ssrc === stream.rtx?.params.ssrc) {
      if (stream.receiveRtxPacket(packet, now)) this.#buffer(packet, now);
    } else {
      return false;
    }
    this.#wakeUp.update();
    return true;
  }

  #buffer(packet: RtpPacket, now: number): void {
    this.hasStarted = true;
    this.jitterBuffer.receive(packet.sequenceNumber, packet.timestamp, packet.marker, packet.isKeyFrame, now);
  }

  // RtpStreamRecvOwner

  onRtpStreamScore(): void {}

  onRtpStreamSpatialLayerActivityChanged(): void {}

  onRtpStreamNack(stream: RtpStreamRecv, seqs: Uint16Array, count: number): void {
    this.#viewer.sendNack(stream.params.ssrc, seqs, count);
  }

  onRtpStreamPli(stream: RtpStreamRecv): void {
    this.#viewer.sendPli(stream.params.ssrc);
  }

  onRtpStreamFir(): void {}
  onRtpStreamRestart(): void {}
}

/** Gives sender reports to the streams they are for: receiver reports refer to them, and so tell the round trip time. */
class SenderReports extends RtcpListener {
  readonly #received: readonly Received[];
  readonly #now: number;

  constructor(received: readonly Received[], now: number) {
    super();
    this.#received = received;
    this.#now = now;
  }

  override onSenderReport(ssrc: number, ntpSeconds: number, ntpFraction: number): void {
    const received = this.#received.find(({ stream }) => stream.params.ssrc === ssrc);
    received?.stream.receiveSenderReport(ntpSeconds, ntpFraction, 0, this.#now);
  }
}
