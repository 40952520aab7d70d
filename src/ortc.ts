/** The negotiation of RTP parameters between endpoints and routers: pure functions over plain data. */
export {
  canConsume,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
  getProducerRtpParametersMapping,
  type RtpCodecsEncodingsMapping,
} from './api/ortc/ortc.js';
export {
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
} from './api/ortc/validation.js';
export { serializeRtpMapping } from './api/wire/rtp-parameters.js';
