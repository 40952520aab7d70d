/**
 * ICE candidates of a server: host candidates only, one component (RFC 8445 §5.1.1), passive TCP ones (RFC 6544 §4).
 */
export interface IceCandidate {
  foundation: 'udpcandidate' | 'tcpcandidate';
  priority: number;
  /** An IP address, or whatever was announced instead, e.g. a host name. */
  address: string;
  protocol: 'udp' | 'tcp';
  port: number;
  type: 'host';
  /** TCP only. */
  tcpType?: 'passive';
}

/** A socket that peers may reach, in the order of the listen infos. */
export interface ListeningAddress {
  protocol: 'udp' | 'tcp';
  /** What the socket is bound to. */
  ip: string;
  port: number;
  /** Offered instead of `ip`. */
  announcedAddress?: string;
  /** Offer `ip` too, behind the announced address. */
  exposeInternalIp?: boolean;
}

export interface CandidateOptions {
  enableUdp: boolean;
  enableTcp: boolean;
  preferUdp: boolean;
  preferTcp: boolean;
}

const HOST_TYPE_PREFERENCE = 64;
const COMPONENT = 1;
const FIRST_LOCAL_PREFERENCE = 10_000;
const LOCAL_PREFERENCE_STEP = 100;
const PREFERRED_PROTOCOL_BONUS = 1_000;
const INTERNAL_IP_PENALTY = 1_000;

/** @param options absent: everything is offered, nothing preferred */
export function iceCandidates(
  addresses: readonly ListeningAddress[],
  options: CandidateOptions = { enableUdp: true, enableTcp: true, preferUdp: false, preferTcp: false },
): IceCandidate[] {
  const candidates: IceCandidate[] = [];
  addresses.forEach((listening, index) => {
    const { protocol, ip, announcedAddress, exposeInternalIp } = listening;
    const isUdp = protocol === 'udp';
    if (!(isUdp ? options.enableUdp : options.enableTcp)) return;
    const isPreferred = isUdp ? options.preferUdp : options.preferTcp;
    // Those that are filtered out count too.
    const localPreference = Math.max(0, FIRST_LOCAL_PREFERENCE - index * LOCAL_PREFERENCE_STEP);
    const priority = candidatePriority(localPreference + (isPreferred ? PREFERRED_PROTOCOL_BONUS : 0));
    candidates.push(candidate(listening, announcedAddress || ip, priority));
    if (announcedAddress && exposeInternalIp) candidates.push(candidate(listening, ip, priority - INTERNAL_IP_PENALTY));
  });
  return candidates;
}

/** RFC 8445 §5.1.2.1 */
function candidatePriority(localPreference: number): number {
  return 2 ** 24 * HOST_TYPE_PREFERENCE + 2 ** 8 * localPreference + (256 - COMPONENT);
}

function candidate({ protocol, port }: ListeningAddress, address: string, priority: number): IceCandidate {
  return protocol === 'udp'
    ? { foundation: 'udpcandidate', priority, address, protocol, port, type: 'host' }
    : { foundation: 'tcpcandidate', priority, address, protocol, port, type: 'host', tcpType: 'passive' };
}
