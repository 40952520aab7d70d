import wrtc from '@roamhq/wrtc';
import nodeDataChannel from 'node-datachannel';
import { type types } from 'tsfu';
import * as werift from 'werift';
import { dataOfferOf, dtlsParametersOf } from './sdp.js';

export type Message = string | Uint8Array;

export interface ChannelOptions {
  readonly id: number;
  readonly ordered?: boolean;
  readonly maxRetransmits?: number;
}

/** A data channel whose id both ends know (RFC 8832 §6.1 calls it external negotiation). */
export interface Channel {
  onMessage: (message: Message) => void;
  onClosed: () => void;
  send(message: Message): void;
  close(): void;
}

export interface DataPeer {
  /** Resolves when the channels are open. */
  connect(transport: types.WebRtcTransport, role: types.DtlsRole): Promise<void>;
  /** To be called before `connect`. */
  createChannel(options: ChannelOptions): Channel;
  close(): void;
}

/** The implementations of data channels that are tested against. */
export const createDataPeer: Readonly<Record<string, () => DataPeer>> = {
  libwebrtc: () => new StandardPeer(new wrtc.RTCPeerConnection()),
  libdatachannel: () => new LibDataChannelPeer(),
  werift: () =>
    new StandardPeer(
      new werift.RTCPeerConnection({
        iceServers: [],
        iceAdditionalHostAddresses: ['127.0.0.1'],
      }) as unknown as RTCPeerConnection,
    ),
};

/** A peer with the API of browsers. */
class StandardPeer implements DataPeer {
  readonly #connection: RTCPeerConnection;
  readonly #opened: Promise<void>[] = [];

  constructor(connection: RTCPeerConnection) {
    this.#connection = connection;
  }

  createChannel(options: ChannelOptions): Channel {
    const dataChannel = this.#connection.createDataChannel('channel', { ...options, negotiated: true });
    dataChannel.binaryType = 'arraybuffer';
    this.#opened.push(new Promise(resolve => (dataChannel.onopen = () => resolve())));
    const channel: Channel = {
      onMessage: () => {},
      onClosed: () => {},
      send: message => dataChannel.send(message as string),
      close: () => dataChannel.close(),
    };
    dataChannel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer | Buffer>) =>
      channel.onMessage(typeof data === 'string' ? data : Buffer.from(data as ArrayBuffer));
    dataChannel.onclose = () => channel.onClosed();
    return channel;
  }

  async connect(transport: types.WebRtcTransport, role: types.DtlsRole): Promise<void> {
    const connection = this.#connection;
    if (role === 'client') {
      await connection.setRemoteDescription({ type: 'offer', sdp: dataOfferOf(transport, 'passive') });
      await connection.setLocalDescription(await connection.createAnswer());
    } else {
      await connection.setLocalDescription(await connection.createOffer());
      await connection.setRemoteDescription({ type: 'answer', sdp: dataOfferOf(transport, 'active') });
    }
    const { fingerprints } = dtlsParametersOf(connection.localDescription!.sdp);
    await transport.connect({ dtlsParameters: { role, fingerprints } });
    await Promise.all(this.#opened);
  }

  close(): void {
    this.#connection.close();
  }
}

class LibDataChannelPeer implements DataPeer {
  readonly #connection = new nodeDataChannel.PeerConnection('peer', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  readonly #opened: Promise<void>[] = [];

  createChannel({ id, ordered = true, maxRetransmits }: ChannelOptions): Channel {
    const dataChannel = this.#connection.createDataChannel('channel', {
      id,
      negotiated: true,
      unordered: !ordered,
      maxRetransmits,
    });
    this.#opened.push(new Promise(resolve => dataChannel.onOpen(resolve)));
    const channel: Channel = {
      onMessage: () => {},
      onClosed: () => {},
      send: message => {
        if (typeof message === 'string') dataChannel.sendMessage(message);
        else dataChannel.sendMessageBinary(message);
      },
      close: () => dataChannel.close(),
    };
    dataChannel.onMessage(message =>
      channel.onMessage(typeof message === 'string' ? message : Buffer.from(message as Buffer)),
    );
    dataChannel.onClosed(() => channel.onClosed());
    return channel;
  }

  async connect(transport: types.WebRtcTransport, role: types.DtlsRole): Promise<void> {
    const connection = this.#connection;
    const local = new Promise<string>(resolve => connection.onLocalDescription(resolve));
    if (role === 'client') {
      connection.setRemoteDescription(dataOfferOf(transport, 'passive'), 'offer');
      connection.setLocalDescription('answer');
    } else {
      connection.setLocalDescription('offer');
    }
    const { fingerprints } = dtlsParametersOf(await local);
    if (role === 'server') connection.setRemoteDescription(dataOfferOf(transport, 'active'), 'answer');
    await transport.connect({ dtlsParameters: { role, fingerprints } });
    await Promise.all(this.#opened);
  }

  close(): void {
    this.#connection.close();
  }
}
