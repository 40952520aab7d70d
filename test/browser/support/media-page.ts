import { Device, type types } from 'mediasoup-client';
import { drawNoise, drawPicture, PICTURE_HEIGHT, PICTURE_WIDTH, PictureReader } from './test-picture.js';

/** What runs in the page of the media tests: it publishes a test picture, and looks at what it receives. */

declare global {
  interface Window {
    /** Given by the test: a request to the server, as JSON. */
    ask(method: string, body: string): Promise<string>;
    media: MediaPage;
  }
}

export interface PublishOptions {
  mimeType: string;
  encodings: { scaleResolutionDownBy?: number; maxBitrate?: number; scalabilityMode?: string }[];
  /** Pictures that take all the bits they can get, instead of test pictures. */
  noise?: boolean;
}

/** Of the pictures received so far. */
export interface Watched {
  pictures: number;
  width: number;
  height: number;
  /** Pictures that do not look as they should, with their size. */
  corrupt: string[];
  /** Pictures that are older than the one before. */
  backwards: number;
  stats: typeof NO_STATS;
}

/** What is read of the statistics of the received stream. */
const NO_STATS = {
  framesReceived: 0,
  framesDecoded: 0,
  framesDropped: 0,
  keyFramesDecoded: 0,
  freezeCount: 0,
  pliCount: 0,
  nackCount: 0,
};

const PICTURES_PER_SECOND = 25;

async function ask<T>(method: string, body: object = {}): Promise<T> {
  return JSON.parse(await window.ask(method, JSON.stringify(body))) as T;
}

class MediaPage {
  readonly #device: Device;
  readonly #video = document.createElement('video');
  readonly #reader = new PictureReader();
  #consumer: types.Consumer | undefined;
  #last = 0;
  readonly #watched: Omit<Watched, 'stats'> = { pictures: 0, width: 0, height: 0, corrupt: [], backwards: 0 };

  static async load(routerRtpCapabilities: types.RtpCapabilities): Promise<void> {
    // Chromium tells only secure pages what it is.
    const device = await Device.factory(window.isSecureContext ? {} : { handlerName: 'Chrome111' });
    await device.load({ routerRtpCapabilities });
    window.media = new MediaPage(device);
  }

  constructor(device: Device) {
    this.#device = device;
    this.#video.muted = true;
    document.body.append(this.#video);
  }

  /** Whether the browser can send with this codec. */
  canSend(mimeType: string): boolean {
    return this.#codec(mimeType) !== undefined;
  }

  async publish({ mimeType, encodings, noise = false }: PublishOptions): Promise<void> {
    const transport = this.#device.createSendTransport(
      await ask<types.TransportOptions>('createTransport', { name: 'sending' }),
    );
    transport.on('connect', (parameters, done, failed) => {
      ask('connectTransport', { name: 'sending', ...parameters }).then(done, failed);
    });
    transport.on('produce', ({ kind, rtpParameters }, done, failed) => {
      ask<{ id: string }>('produce', { kind, rtpParameters }).then(done, failed);
    });
    const producer = await transport.produce({
      track: testTrack(noise ? drawNoise : drawPicture),
      codec: this.#codec(mimeType),
      encodings,
      codecOptions: { videoGoogleStartBitrate: 1500 },
    });
    // A busy machine must not make the pictures smaller.
    const parameters = producer.rtpSender!.getParameters();
    await producer.rtpSender!.setParameters({ ...parameters, degradationPreference: 'maintain-resolution' } as never);
  }

  async watch(readPictures: boolean): Promise<void> {
    const transport = this.#device.createRecvTransport(
      await ask<types.TransportOptions>('createTransport', { name: 'receiving' }),
    );
    transport.on('connect', (parameters, done, failed) => {
      ask('connectTransport', { name: 'receiving', ...parameters }).then(done, failed);
    });
    const { recvRtpCapabilities } = this.#device;
    this.#consumer = await transport.consume(
      await ask<types.ConsumerOptions>('consume', { rtpCapabilities: recvRtpCapabilities }),
    );
    this.#video.srcObject = new MediaStream([this.#consumer.track]);
    this.#video.requestVideoFrameCallback(() => this.#onPicture(readPictures));
    await ask('resume');
    // Plays once something comes.
    void this.#video.play();
  }

  async watched(): Promise<Watched> {
    const stats = { ...NO_STATS };
    for (const report of (await this.#consumer!.getStats()).values() as Iterable<Record<string, number | string>>) {
      if (report.type !== 'inbound-rtp') continue;
      for (const name of Object.keys(stats) as (keyof typeof stats)[]) stats[name] = (report[name] ?? 0) as number;
    }
    return { ...this.#watched, stats };
  }

  #onPicture(readPictures: boolean): void {
    const watched = this.#watched;
    watched.pictures++;
    watched.width = this.#video.videoWidth;
    watched.height = this.#video.videoHeight;
    if (readPictures) {
      const number = this.#reader.read(this.#video);
      if (number >= 0) {
        if (number < this.#last) watched.backwards++;
        this.#last = number;
      } else if (this.#last > 0) {
        // The first ones may be blurred: the publisher does not know yet how many bits it may spend.
        watched.corrupt.push(`${watched.width}x${watched.height} after ${this.#last}`);
      }
    }
    this.#video.requestVideoFrameCallback(() => this.#onPicture(readPictures));
  }

  #codec(wanted: string): types.RtpCodecCapability | undefined {
    return this.#device.sendRtpCapabilities.codecs?.find(
      ({ mimeType }) => mimeType.toLowerCase() === wanted.toLowerCase(),
    );
  }
}

function testTrack(drawOne: (context: CanvasRenderingContext2D, number: number) => void): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = PICTURE_WIDTH;
  canvas.height = PICTURE_HEIGHT;
  const context = canvas.getContext('2d', { alpha: false })!;
  let number = 0;
  const draw = (): void => drawOne(context, ++number);
  draw();
  setInterval(draw, 1000 / PICTURES_PER_SECOND);
  return canvas.captureStream(PICTURES_PER_SECOND).getVideoTracks()[0];
}

Object.assign(window, { loadMedia: (capabilities: types.RtpCapabilities) => MediaPage.load(capabilities) });

export type { MediaPage };
