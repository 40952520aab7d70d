/**
 * For tests and experiments: workers in virtual time, on a virtual network. See docs/simulation.md.
 *
 * @module
 */
export { type PlaybackStatistics } from './testing/jitter-buffer.js';
export { Lab, type WatchOptions } from './testing/lab.js';
export { type LinkCounters, type LinkOptions } from './testing/link.js';
export { plot } from './testing/plot.js';
export { Publisher } from './testing/publisher.js';
export { type PublisherRecording, RecordedPublisher } from './testing/recorded-publisher.js';
export { Recording, type Sample } from './testing/recording.js';
export { readRtpDump, type RecordedDatagram } from './testing/rtp-dump.js';
export { SeededRandom } from './testing/seeded-random.js';
export { type SimRuntime } from './testing/sim-runtime.js';
export { createSimWorker } from './testing/sim-worker.js';
export { Simulation } from './testing/simulation.js';
export { TcpFlow } from './testing/tcp-flow.js';
export { VideoSource, type VideoLayerOptions, type VideoSourceOptions } from './testing/video-source.js';
export { Viewer, type ViewerOptions } from './testing/viewer.js';
export { type Endpoint, type NetworkEvent, type VirtualNetwork } from './testing/virtual-network.js';
export { type VirtualTime } from './testing/virtual-time.js';
