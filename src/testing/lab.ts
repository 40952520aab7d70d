import { type AppData } from '../api/types/app-data.js';
import { type Consumer, type ConsumerLayers, type ConsumerOptions } from '../api/types/consumer.js';
import { type Router } from '../api/types/router.js';
import { type Worker } from '../api/types/worker.js';
import { type LinkOptions } from './link.js';
import { Publisher } from './publisher.js';
import { type PublisherRecording, RecordedPublisher } from './recorded-publisher.js';
import { Recording } from './recording.js';
import { type SimRuntime } from './sim-runtime.js';
import { createSimWorker } from './sim-worker.js';
import { Simulation } from './simulation.js';
import { TcpFlow } from './tcp-flow.js';
import { VideoSource, type VideoSourceOptions } from './video-source.js';
import { Viewer, type ViewerOptions } from './viewer.js';

export const WORKER_IP = '10.0.0.1';
const SAMPLE_INTERVAL = 100;
const FIRST_PORT = 6000;
/** What UDP and IPv4 add to a payload. */
const HEADERS_LENGTH = 28;

export interface WatchOptions extends ViewerOptions {
  /** What the viewer is called in results. */
  name?: string;
  /** Viewers with the same address share a link. */
  ip?: string;
  /** ms there and back, without queues. Default 50. */
  roundTripTime?: number;
  /** From the worker to the viewer. */
  link?: Partial<LinkOptions>;
}

/**
 * An experiment in virtual time: a worker with one Router, publishers and viewers around it, and a recording of what
 * each viewer's link carries.
 *
 *     const lab = await Lab.create({ seed: 1 });
 *     const camera = await lab.publish({ codec: 'VP8', layers: [{ bitrate: 150_000 }, { bitrate: 1_500_000 }] });
 *     const viewer = await lab.watch({ link: { bandwidth: 1_000_000 } });
 *     await lab.consume(viewer, camera);
 *     lab.at(20_000, () => lab.setLink(viewer, { bandwidth: 300_000 }));
 *     await lab.run(60_000);
 *     console.log(lab.recording(viewer).sendBitrate(10_000, 20_000));
 */
export class Lab {
  readonly world: Simulation;
  readonly worker: Worker;
  readonly router: Router;

  readonly #watched = new Map<Viewer, Watched>();
  #publishers = 0;
  #hosts = 0;

  private constructor(world: Simulation, worker: Worker, router: Router) {
    this.world = world;
    this.worker = worker;
    this.router = router;
    world.network.onEvent = ({ what, to, length }) => {
      for (const watched of this.#watched.values()) {
        if (watched.ip === to.ip && watched.port === to.port) watched.onPacket(what, length + HEADERS_LENGTH);
      }
    };
  }

  static async create({ seed }: { seed: number }): Promise<Lab> {
    const world = new Simulation({ seed });
    const worker: Worker<AppData> = await createSimWorker(world.createRuntime('worker', WORKER_IP));
    const router = await worker.createRouter({
      mediaCodecs: [
        ...['VP8', 'VP9', 'AV1'].map(
          codec => ({ kind: 'video', mimeType: `video/${codec}`, clockRate: 90_000 }) as const,
        ),
        { kind: 'video', mimeType: 'video/H264', clockRate: 90_000, parameters: { 'packetization-mode': 1 } },
        { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
      ],
    });
    return new Lab(world, worker, router);
  }

  /** ms since the start. */
  get now(): number {
    return this.world.time.now();
  }

  /** Does something when time has come there. */
  at(time: number, action: () => void | Promise<unknown>): void {
    this.world.time.at(time, () => void action());
  }

  /**
   * A peer that sends what a synthetic camera makes.
   *
   * @param uplink from the peer to the worker; perfect but for 5 ms of latency by default
   */
  async publish(options: VideoSourceOptions, uplink: Partial<LinkOptions> = {}): Promise<Publisher> {
    const { ip, runtime } = this.#addPublisher(uplink);
    const source = new VideoSource(options, this.world.random.fork(`source ${ip}`));
    const { codec, layers, temporalLayers = 1 } = options;
    const spatialLayers = codec === 'VP8' ? 1 : layers.length;
    const scalabilityMode = `L${spatialLayers}T${temporalLayers}`;
    return Publisher.create(runtime, ip, this.router, WORKER_IP, source, `video/${codec}`, scalabilityMode);
  }

  /** A peer that sends what was recorded, for example what `readRtpDump` reads. */
  replay(recording: PublisherRecording, uplink: Partial<LinkOptions> = {}): Promise<RecordedPublisher> {
    const { ip, runtime } = this.#addPublisher(uplink);
    return RecordedPublisher.create(runtime, ip, this.router, WORKER_IP, recording);
  }

  /** A peer that watches. */
  async watch({ name, ip, roundTripTime = 50, link = {}, ...options }: WatchOptions = {}): Promise<Viewer> {
    const { network } = this.world;
    const address = ip ?? `10.2.0.${++this.#hosts}`;
    const neighbour = [...this.#watched.values()].find(watched => watched.ip === address);
    const runtime = neighbour?.runtime ?? this.world.createRuntime(`viewer ${address}`, address);
    if (!neighbour) {
      network.setPath(address, WORKER_IP, { latency: roundTripTime / 2 });
      network.setLink(WORKER_IP, address, link);
    }
    const port = FIRST_PORT + this.#watched.size;
    const viewer = await Viewer.create(runtime, address, port, this.router, WORKER_IP, options);
    const watched = new Watched(name ?? `viewer ${this.#watched.size + 1}`, address, port, runtime);
    this.#watched.set(viewer, watched);
    network.onTransmitted(WORKER_IP, address, (_size, delay) => {
      for (const one of this.#watched.values()) if (one.ip === address) one.onTransmitted(this.now, delay);
    });
    return viewer;
  }

  /** Lets a viewer watch a publisher. */
  async consume(
    viewer: Viewer,
    publisher: Publisher | RecordedPublisher,
    options: Partial<ConsumerOptions> = {},
  ): Promise<Consumer> {
    const consumer = await viewer.consume(publisher.producer.id, options);
    this.#watchedOf(viewer).add(consumer, () => this.now);
    return consumer;
  }

  /** Changes the link from the worker to a viewer. */
  setLink(viewer: Viewer, link: Partial<LinkOptions>): void {
    this.world.network.setLink(WORKER_IP, this.#watchedOf(viewer).ip, link);
  }

  /** Changes the path from a viewer to the worker. */
  setReturnLink(viewer: Viewer, link: Partial<LinkOptions>): void {
    this.world.network.setLink(this.#watchedOf(viewer).ip, WORKER_IP, link);
  }

  /** A TCP-like transfer over the link to a viewer. Call its `start`. */
  createTcpFlow(viewer: Viewer, roundTripTime = 50): TcpFlow {
    return new TcpFlow(this.world.network, WORKER_IP, this.#watchedOf(viewer).ip, roundTripTime / 2);
  }

  recording(viewer: Viewer): Recording {
    return this.#watchedOf(viewer).recording;
  }

  get recordings(): Recording[] {
    return [...this.#watched.values()].map(({ recording }) => recording);
  }

  /** Lets time pass, ms: a multiple of 100. */
  async run(duration: number): Promise<void> {
    const { time, network } = this.world;
    const end = this.now + duration;
    while (this.now < end) {
      time.advance(SAMPLE_INTERVAL);
      await new Promise(resolve => setImmediate(resolve));
      for (const [viewer, watched] of this.#watched) {
        const [{ availableOutgoingBitrate = 0 }] = await viewer.transport.getStats();
        watched.sample(this.now, network.options(WORKER_IP, watched.ip).bandwidth, availableOutgoingBitrate);
      }
    }
  }

  #addPublisher(uplink: Partial<LinkOptions>): { ip: string; runtime: SimRuntime } {
    const ip = `10.1.0.${++this.#publishers}`;
    const runtime = this.world.createRuntime(`publisher ${ip}`, ip);
    this.world.network.setPath(ip, WORKER_IP, { latency: 5 });
    this.world.network.setLink(ip, WORKER_IP, uplink);
    return { ip, runtime };
  }

  #watchedOf(viewer: Viewer): Watched {
    const watched = this.#watched.get(viewer);
    if (!watched) throw new Error('not a viewer of this lab');
    return watched;
  }
}

/** A viewer, and what has been seen of it since the last sample. */
class Watched {
  readonly ip: string;
  readonly port: number;
  readonly runtime: ReturnType<Simulation['createRuntime']>;
  readonly recording: Recording;

  readonly #consumers: Consumer[] = [];
  #bytes = 0;
  #packets = 0;
  #lost = 0;
  #queueDelay = 0;

  constructor(name: string, ip: string, port: number, runtime: ReturnType<Simulation['createRuntime']>) {
    this.recording = new Recording(name);
    this.ip = ip;
    this.port = port;
    this.runtime = runtime;
  }

  add(consumer: Consumer, now: () => number): void {
    const index = this.#consumers.push(consumer) - 1;
    consumer.on('layerschange', layers => this.recording.layerChanges.push([now(), index, layersText(layers)]));
  }

  onPacket(what: string, size: number): void {
    if (what === 'delivered') return;
    this.#bytes += size;
    this.#packets++;
    if (what !== 'sent') this.#lost++;
  }

  onTransmitted(now: number, delay: number): void {
    this.recording.delays.push([now, delay]);
    this.#queueDelay = Math.max(this.#queueDelay, delay);
  }

  sample(at: number, capacity: number, estimate: number): void {
    this.recording.samples.push({
      at,
      capacity,
      estimate,
      sendBitrate: (this.#bytes * 8000) / SAMPLE_INTERVAL,
      queueDelay: this.#queueDelay,
      loss: this.#packets === 0 ? 0 : this.#lost / this.#packets,
      layers: this.#consumers.map(({ currentLayers }) => layersText(currentLayers)),
    });
    this.#bytes = 0;
    this.#packets = 0;
    this.#lost = 0;
    this.#queueDelay = 0;
  }
}

function layersText(layers: ConsumerLayers | undefined): string {
  return layers ? `${layers.spatialLayer}.${layers.temporalLayer ?? 0}` : '-';
}
