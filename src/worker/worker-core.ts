import { type Carrier } from '../channel/carrier.js';
import { Event } from '../channel/fbs/notification.js';
import { DropCounters } from '../common/drop-reason.js';
import { PacketMemory } from '../common/packet-memory.js';
import { Certificate } from '../dtls/certificate.js';
import { RtpPacket } from '../rtp/rtp-packet.js';
import { SrtpKernel } from '../srtp/kernel/srtp-kernel.js';
import { WorkerChannel } from './channel.js';
import { type WorkerContext } from './context.js';
import { reportException } from './datagram-guard.js';
import { HandlerRegistry } from './handler-registry.js';
import { Logger } from './logger.js';
import { MediaContext } from './media-context.js';
import { PortManager } from './port-manager.js';
import { type Runtime } from './runtime.js';
import { type WorkerSettings } from './settings.js';
import { Worker, type WorkerHost } from './worker.js';

export interface WorkerCoreOptions {
  runtime: Runtime;
  carrier: Carrier;
  settings: WorkerSettings;
  host: WorkerHost;
  /** Where to count what is dropped. Default: counters of its own. */
  drops?: DropCounters;
  /** Called once when the worker has ended: told to, or because the other side of the carrier has gone. */
  onClosed: (reason: 'requested' | 'channelClosed') => void;
}

/** A running worker. */
export interface WorkerCore {
  /** Packets that went nowhere, by reason. */
  readonly drops: DropCounters;
  readonly memory: PacketMemory;
  /** Ends everything at once. What was sent through the carrier before still goes out. */
  close(): void;
}

/**
 * Makes a worker that serves `carrier`, and says that it is running. This is all there is to a worker: threads,
 * processes, tests and simulations differ in what they pass in.
 */
export function createWorkerCore(options: WorkerCoreOptions): WorkerCore {
  const { runtime, settings, host } = options;
  const channel = new WorkerChannel(options.carrier);
  const log = new Logger(line => channel.log(line), settings.logLevel, settings.logTags);
  const memory = new PacketMemory();
  const drops = options.drops ?? new DropCounters();
  runtime.timers.onError = error => reportException({ drops, log }, error);
  let media: MediaContext | undefined = undefined;
  let certificate = settings.dtls && Certificate.fromPem(settings.dtls.certificatePem, settings.dtls.privateKeyPem);
  let srtpKernel: SrtpKernel | 'missing' | undefined = undefined;
  const context: WorkerContext = {
    runtime,
    channel,
    handlers: new HandlerRegistry(),
    log,
    memory,
    drops,
    ports: new PortManager(runtime, { min: settings.rtcMinPort, max: settings.rtcMaxPort }),
    // Made for the first transport that needs one: a worker should start at once.
    get certificate() {
      return (certificate ??= Certificate.generate(
        runtime.clock.wallClockOffset + runtime.clock.now(),
        runtime.random,
      ));
    },
    srtpProfiles: settings.srtpProfiles,
    // Made for the first request: it wants a random number, for which Node loads all of its crypto.
    get media() {
      return (media ??= new MediaContext(runtime, memory, drops, channel, error =>
        reportException({ drops, log }, error),
      ));
    },
    // Made like the certificate.
    get srtpKernel() {
      srtpKernel ??= SrtpKernel.create(memory, bytes => runtime.onGarbage?.(bytes)) ?? 'missing';
      if (srtpKernel !== 'missing') return srtpKernel;
      log.warn('srtp', 'createWorkerCore()', 'no WebAssembly with SIMD here, so SRTP takes several times as long');
      return undefined;
    },
    receivedPacket: new RtpPacket(),
  };
  const worker = new Worker(context, host);

  let closed = false;
  const close = (reason?: 'requested' | 'channelClosed'): void => {
    if (closed) return;
    closed = true;
    worker.close();
    media?.ingress.close();
    media?.egress.close();
    channel.close();
    if (reason) options.onClosed(reason);
  };

  channel.start({
    // What was received before is dealt with before.
    onRequest(handlerId, method, body, request) {
      context.media.ingress.flush();
      return worker.request(handlerId, method, body, request);
    },
    onNotification(handlerId, event, body) {
      media?.ingress.flush();
      if (event === Event.WORKER_CLOSE) close('requested');
      else worker.notification(handlerId, event, body);
    },
    onChannelClosed: () => close('channelClosed'),
    onChannelError(text, error) {
      log.error('Channel::receive()', text);
      if (error instanceof Error) log.debug('info', 'Channel::receive()', error.stack ?? '');
    },
  });
  log.debug('info', 'createWorkerCore()', () => `running [pid:${host.pid}]`);
  channel.notify(String(host.pid), Event.WORKER_RUNNING);
  return { drops, memory, close: () => close() };
}
