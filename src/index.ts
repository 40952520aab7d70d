/**
 * tsfu: a WebRTC SFU. The API is that of mediasoup.
 *
 * @example
 * import * as mediasoup from 'tsfu';
 *
 * const worker = await mediasoup.createWorker();
 * const router = await worker.createRouter({
 *   mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
 * });
 */
export { createWorker, observer, workerBin } from './api/create-worker.js';
export { setLogEventListeners } from './api/logger.js';
export { parseScalabilityMode } from './api/scalability-modes.js';
export { getSupportedRtpCapabilities } from './api/supported-rtp-capabilities.js';
export { tsfuVersion, version } from './api/version.js';
export * as errors from './errors.js';
export * as extras from './extras.js';
export * as ortc from './ortc.js';
export type * as types from './types.js';
