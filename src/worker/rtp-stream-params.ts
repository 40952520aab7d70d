import { type RtpStreamParams } from '../rtp/rtp-stream.js';
import {
  hasRtcpFeedback,
  integerParameter,
  type RtpCodec,
  type RtpEncoding,
  type RtpParameters,
} from './rtp-parameters.js';

/**
 * What a stream of this encoding is.
 *
 * @param ssrc the encoding itself may not say
 */
export function rtpStreamParams(
  parameters: RtpParameters,
  encodingIdx: number,
  encoding: RtpEncoding,
  codec: RtpCodec,
  ssrc: number,
): RtpStreamParams {
  return {
    encodingIdx,
    ssrc,
    payloadType: codec.payloadType,
    mimeType: codec.mimeType,
    clockRate: codec.clockRate,
    rid: encoding.rid,
    cname: parameters.rtcp.cname,
    useNack: hasRtcpFeedback(codec, 'nack', ''),
    usePli: hasRtcpFeedback(codec, 'nack', 'pli'),
    useFir: hasRtcpFeedback(codec, 'ccm', 'fir'),
    useInBandFec: integerParameter(codec, 'useinbandfec') === 1,
    useDtx: integerParameter(codec, 'usedtx') === 1 || encoding.dtx,
    spatialLayers: encoding.spatialLayers,
    temporalLayers: encoding.temporalLayers,
  };
}
