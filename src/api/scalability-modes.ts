import { type ScalabilityMode } from './types/scalability-mode.js';

/**
 * The numbers of layers that a scalability mode of WebRTC-SVC stands for: L1T3, L3T2_KEY, S2T3 and so on. Anything
 * else, or nothing, stands for one spatial and one temporal layer.
 *
 * @example
 * parseScalabilityMode('L3T2_KEY'); // { spatialLayers: 3, temporalLayers: 2, ksvc: true }
 */
export function parseScalabilityMode(scalabilityMode?: string): ScalabilityMode {
  const match = /^[LS]([1-9]\d?)T([1-9]\d?)(_KEY)?/.exec(scalabilityMode ?? '');
  return match
    ? { spatialLayers: Number(match[1]), temporalLayers: Number(match[2]), ksvc: match[3] !== undefined }
    : { spatialLayers: 1, temporalLayers: 1, ksvc: false };
}
