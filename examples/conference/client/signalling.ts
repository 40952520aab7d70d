/** Requests to the server and events from it, as JSON over one WebSocket. */
export class Signalling {
  onEvent: (event: string, data: never) => void = () => {};
  onClosed: (reason: string) => void = () => {};

  readonly #socket: WebSocket;
  readonly #pending = new Map<number, { resolve: (data: unknown) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor(room: string, name: string) {
    const url = new URL('/signalling', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = new URLSearchParams({ room, name }).toString();
    this.#socket = new WebSocket(url);
    this.#socket.onmessage = ({ data }) => this.#onMessage(String(data));
    this.#socket.onclose = ({ reason }) => {
      for (const { reject } of this.#pending.values()) reject(new Error('The connection to the server was lost.'));
      this.#pending.clear();
      this.onClosed(reason);
    };
  }

  request<T>(method: string, data: object = {}): Promise<T> {
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (data: unknown) => void, reject });
      this.#socket.send(JSON.stringify({ id, method, data }));
    });
  }

  close(): void {
    this.onClosed = () => {};
    this.#socket.close();
  }

  #onMessage(text: string): void {
    const message = JSON.parse(text) as { id?: number; ok: boolean; data: unknown; error: string; event: string };
    if (message.id === undefined) {
      this.onEvent(message.event, message.data as never);
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.ok) pending?.resolve(message.data);
    else pending?.reject(new Error(message.error));
  }
}
