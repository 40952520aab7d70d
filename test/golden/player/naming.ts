import { type ApiObject } from './backend.js';
import { type Recording } from './recording.js';
import { type Session } from './session.js';

/** A stream that a Consumer sends. */
export interface ConsumerStream {
  /** `c1`, `c1.rtx`, with several encodings `c1[1]`, `c1[1].rtx`. */
  readonly label: string;
  /** SSRC of the media that an RTX stream repeats. */
  readonly mediaSsrc: number | undefined;
  readonly hasMid: boolean;
  readonly clockRate: number;
}

interface RtpParameters {
  mid?: string;
  codecs: { clockRate: number }[];
  encodings: { ssrc?: number; rtx?: { ssrc: number } }[];
}

/** What is random in a run (ids, SSRCs, ports, the address), and the names that stand for it in recordings. */
export class Naming {
  readonly streams = new Map<number, ConsumerStream>();
  readonly #ip: string;
  readonly #scenario: string;
  readonly #ids = new Map<string, string>();
  readonly #ssrcs = new Map<number, string>();
  readonly #ports = new Map<number, string>();
  #unknownIds = 0;
  #unknownPorts = 0;

  constructor(session: Session, recording: Recording) {
    this.#ip = session.ip;
    this.#scenario = JSON.stringify([recording.setup, recording.script]);
    for (const endpoint of session.endpointsByName.values()) this.#ports.set(endpoint.port, `<port:${endpoint.name}>`);
    for (const [name, kind] of session.kinds) {
      const object = session.named.get(name) as ApiObject;
      if (typeof object.id === 'string') this.#ids.set(object.id, `<${name}>`);
      if (kind === 'consumer') this.#nameConsumer(name, object.rtpParameters as RtpParameters);
      if (kind === 'producer') this.#nameProducer(name, object.consumableRtpParameters as RtpParameters);
      if (kind.endsWith('Transport')) this.#nameTransport(name, object);
    }
  }

  #nameConsumer(name: string, { mid, codecs, encodings }: RtpParameters): void {
    const common = { hasMid: mid !== undefined, clockRate: codecs[0].clockRate };
    for (const [index, { ssrc, rtx }] of encodings.entries()) {
      const label = encodings.length === 1 ? name : `${name}[${index}]`;
      this.#ssrcs.set(ssrc!, `ssrc:${label}`);
      this.streams.set(ssrc!, { label, mediaSsrc: undefined, ...common });
      if (rtx === undefined) continue;
      this.#ssrcs.set(rtx.ssrc, `rtx:${label}`);
      this.streams.set(rtx.ssrc, { label: `${label}.rtx`, mediaSsrc: ssrc, ...common });
    }
  }

  #nameProducer(name: string, { encodings }: RtpParameters): void {
    for (const [index, { ssrc }] of encodings.entries()) this.#ssrcs.set(ssrc!, `mapped:${name}[${index}]`);
  }

  #nameTransport(name: string, { tuple, rtcpTuple, iceCandidates }: ApiObject): void {
    // A port of one's own is taken over by the next transport that gets it; a server's keeps its first name.
    if (tuple) this.#ports.set((tuple as { localPort: number }).localPort, `<port:${name}>`);
    if (rtcpTuple) this.#ports.set((rtcpTuple as { localPort: number }).localPort, `<port:${name}.rtcp>`);
    for (const [index, { port }] of ((iceCandidates ?? []) as { port: number }[]).entries()) {
      if (!this.#ports.has(port)) this.#ports.set(port, `<port:${name}[${index}]>`);
    }
  }

  /** Name of a random SSRC; any other number stays. */
  number(value: number): number | string {
    return this.#ssrcs.get(value) ?? value;
  }

  port(port: number): number | string {
    if (port === 0) return 0;
    let name = this.#ports.get(port);
    if (name === undefined) {
      name = `<port:${++this.#unknownPorts}>`;
      this.#ports.set(port, name);
    }
    return name;
  }

  /** A text with ids, addresses, SSRCs and ports in it replaced. */
  text(text: string): string {
    const named = text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, id => this.#id(id))
      .replaceAll(this.#ip, '$ip')
      .replace(/(?<![\w.])\d{5,10}(?![\w.])/g, digits => this.#ssrcs.get(Number(digits)) ?? digits);
    if (!/port|udp|tcp/i.test(named)) return named;
    return named
      .replace(/(?<![\w<.])\d+(?![\w>.])/g, digits => this.#ports.get(Number(digits)) ?? digits)
      .replace(/port:(\d+)/g, (whole, digits: string) => (this.#scenario.includes(digits) ? whole : 'port:<n>'));
  }

  #id(id: string): string {
    let name = this.#ids.get(id);
    if (name === undefined) {
      name = `<id:${++this.#unknownIds}>`;
      this.#ids.set(id, name);
    }
    return name;
  }
}
