import * as h264 from 'h264-profile-level-id';
import { type RtcpFeedback } from '../types/rtp-parameters.js';

/** What a codec of RtpCapabilities and one of RtpParameters have in common. */
export interface Codec {
  mimeType: string;
  clockRate: number;
  channels?: number;
  parameters?: Record<string, unknown>;
  rtcpFeedback?: RtcpFeedback[];
}

export const isRtxCodec = (codec: Codec): boolean => /.+\/rtx$/i.test(codec.mimeType);

/**
 * What decoders of H265 have to agree on, and what it is if not said (RFC 7798 §7.1). Not on the level: both sides may
 * have one of their own (§7.2.2).
 */
const H265_PROFILE: [name: string, absent: string | number][] = [
  ['profile-id', 1],
  ['tier-flag', 0],
  ['tx-mode', 'SRST'],
];

/**
 * Whether two codecs are the same one, both checked and normalised before.
 *
 * @param options - strict: profiles have to fit too. modify: if so, `a` of H264 gets the profile and level that both
 * can do (RFC 6184 §8.2.2).
 */
export function matchCodecs(a: Codec, b: Codec, { strict = false, modify = false } = {}): boolean {
  const mimeType = a.mimeType.toLowerCase();
  if (mimeType !== b.mimeType.toLowerCase() || a.clockRate !== b.clockRate || a.channels !== b.channels) return false;
  const parameters = a.parameters ?? {};
  const others = b.parameters ?? {};
  switch (mimeType) {
    case 'audio/multiopus':
      return ['num_streams', 'coupled_streams'].every(key => parameters[key] === others[key]);
    case 'video/h264':
      return !strict || matchH264(a, parameters, others, modify);
    case 'video/h265':
      return !strict || matchH265(parameters, others);
    case 'video/vp9':
      return !strict || (parameters['profile-id'] || 0) === (others['profile-id'] || 0);
    default:
      return true;
  }
}

function matchH265(parameters: Record<string, unknown>, others: Record<string, unknown>): boolean {
  return H265_PROFILE.every(([name, absent]) => {
    const [value, other] = [parameters, others].map(one =>
      String((one[name] as string | number | undefined) ?? absent).toUpperCase(),
    );
    return value === other;
  });
}

function matchH264(
  codec: Codec,
  parameters: Record<string, unknown>,
  others: Record<string, unknown>,
  modify: boolean,
): boolean {
  if ((parameters['packetization-mode'] || 0) !== (others['packetization-mode'] || 0)) return false;
  if (!h264.isSameProfile(parameters, others)) return false;
  let profileLevelId: string | undefined;
  try {
    profileLevelId = h264.generateProfileLevelIdStringForAnswer(parameters, others);
  } catch {
    return false;
  }
  if (modify) {
    codec.parameters = parameters;
    if (profileLevelId) parameters['profile-level-id'] = profileLevelId;
    else delete parameters['profile-level-id'];
  }
  return true;
}
