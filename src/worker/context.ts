import { type DropCounters } from '../common/drop-reason.js';
import { type PacketMemory } from '../common/packet-memory.js';
import { type Certificate } from '../dtls/certificate.js';
import { type SrtpProfileName } from '../dtls/srtp-profile.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type SrtpKernel } from '../srtp/kernel/srtp-kernel.js';
import { type WorkerChannel } from './channel.js';
import { type HandlerRegistry } from './handler-registry.js';
import { type Logger } from './logger.js';
import { type MediaContext } from './media-context.js';
import { type PortManager } from './port-manager.js';
import { type Runtime } from './runtime.js';

/** What all objects of one worker share. */
export interface WorkerContext {
  readonly runtime: Runtime;
  readonly channel: WorkerChannel;
  readonly handlers: HandlerRegistry;
  readonly log: Logger;
  readonly memory: PacketMemory;
  readonly drops: DropCounters;
  readonly ports: PortManager;
  readonly certificate: Certificate;
  /** In which order DTLS offers and accepts them. */
  readonly srtpProfiles: readonly SrtpProfileName[];
  readonly media: MediaContext;
  /** Undefined where there is no WebAssembly with SIMD: SRTP works all the same, slower. */
  readonly srtpKernel: SrtpKernel | undefined;
  /** The view of the packet that is being received. */
  readonly receivedPacket: RtpPacket;
}
