import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { Entity } from './entity.js';
import { type AppData } from './types/app-data.js';
import {
  type WebRtcServer,
  type WebRtcServerDump,
  type WebRtcServerEvents,
  type WebRtcServerObserver,
  type WebRtcTransport,
} from './types/web-rtc-transport.js';
import { plain } from './wire/convert.js';

export class WebRtcServerImpl<TAppData extends AppData = AppData>
  extends Entity<TAppData, WebRtcServerEvents, WebRtcServerObserver>
  implements WebRtcServer<TAppData>
{
  readonly #webRtcTransports: Map<string, WebRtcTransport>;

  constructor(init: { id: string; channel: Channel; appData?: TAppData }) {
    super('WebRtcServer', init);
    this.#webRtcTransports = new Map();
  }

  /** Of use to tests only. */
  get webRtcTransportsForTesting(): Map<string, WebRtcTransport> {
    return this.#webRtcTransports;
  }

  close(): void {
    this.end(['@close'], () => {
      this.tellClosed(Method.WORKER_WEBRTCSERVER_CLOSE, '', { webRtcServerId: this.id });
      for (const transport of this.#webRtcTransports.values()) {
        transport.listenServerClosed();
        this.observer.safeEmit('webrtctransportunhandled', transport);
      }
      this.#webRtcTransports.clear();
    });
  }

  workerClosed(): void {
    this.end(['workerclose'], () => this.#webRtcTransports.clear());
  }

  async dump(): Promise<WebRtcServerDump> {
    return plain(await this.request(Method.WEBRTCSERVER_DUMP));
  }

  handleWebRtcTransport(webRtcTransport: WebRtcTransport): void {
    this.#webRtcTransports.set(webRtcTransport.id, webRtcTransport);
    this.observer.safeEmit('webrtctransporthandled', webRtcTransport);
    webRtcTransport.on('@close', () => {
      this.#webRtcTransports.delete(webRtcTransport.id);
      this.observer.safeEmit('webrtctransportunhandled', webRtcTransport);
    });
  }
}
