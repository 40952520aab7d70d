import { type ListenInfo as FbsListenInfo, Protocol } from '../channel/fbs/transport.js';
import { type ListenOptions } from './port-manager.js';

/** Where and how a socket listens, and what peers are told of it. */
export interface ListenInfo extends ListenOptions {
  readonly protocol: 'udp' | 'tcp';
  /** What peers are told instead of `ip`: an IP address or a host name. */
  readonly announcedAddress: string | undefined;
  /** Whether peers are told `ip`, too. */
  readonly exposeInternalIp: boolean;
}

/** What is wrong in it shows when the socket is opened: see PortManager. */
export function readListenInfo(given: FbsListenInfo): ListenInfo {
  return {
    protocol: given.protocol === Protocol.TCP ? 'tcp' : 'udp',
    ip: given.ip,
    port: given.port,
    portRange: given.portRange ?? undefined,
    announcedAddress: given.announcedAddress || undefined,
    exposeInternalIp: given.exposeInternalIp,
    ipv6Only: given.flags?.ipv6Only ?? false,
    udpReusePort: given.flags?.udpReusePort ?? false,
    sendBufferSize: given.sendBufferSize,
    recvBufferSize: given.recvBufferSize,
  };
}
