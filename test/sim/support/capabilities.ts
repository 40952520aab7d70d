import { type RtcpFeedback, type RtpCapabilities } from '../../../src/api/types/rtp-parameters.js';
import { type Router } from '../../../src/api/types/router.js';

/** What a receiver without congestion control can do: it gets all that it prefers, and nothing is probed. */
export function capabilitiesWithoutCongestionControl({ rtpCapabilities }: Router): RtpCapabilities {
  const { codecs = [], headerExtensions } = rtpCapabilities;
  const others = ({ type }: RtcpFeedback): boolean => type !== 'transport-cc' && type !== 'goog-remb';
  return {
    headerExtensions,
    codecs: codecs.map(codec => ({ ...codec, rtcpFeedback: codec.rtcpFeedback?.filter(others) })),
  };
}
