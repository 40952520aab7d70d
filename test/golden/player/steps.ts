import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiObject } from './backend.js';
import { capture, captureError, captureProperties } from './capture.js';
import { type Endpoint, TcpEndpoint, UdpEndpoint } from './endpoint.js';
import { type Json, type JsonObject, type Step } from './recording.js';
import { SctpPeer } from './sctp-peer.js';
import { type Session } from './session.js';
import { runSpawnStep } from './spawn-step.js';
import { type StunOptions, writeStunRequest } from './stun.js';
import { answerTransportWide } from './tcc-answers.js';
import { expandTemplate } from './templates.js';
import { watchedByMethod, watchedPipeParts } from './watched.js';

/** What recordings write into the PRIORITY of a Binding request. */
const DEFAULT_PRIORITY = 1853824767;

type Run = (session: Session, step: Step) => void | Promise<void>;

export async function runStep(session: Session, step: Step): Promise<void> {
  const kind = Object.keys(runners).find(key => step[key as keyof Step] !== undefined);
  if (kind === undefined) throw new Error(`unknown step ${JSON.stringify(step)}`);
  await runners[kind](session, step);
  if (!onlyMakesAnObject(step)) session.unsettled = true;
}

/** Nothing follows from it, so there is no need to wait before the next step: many in a row would take too long. */
const onlyMakesAnObject = (step: Step): boolean =>
  step.call !== undefined && step.as !== undefined && step.quiet === true && !step.nowait && !step.showLater;

const runners: Readonly<Record<string, Run>> = {
  call: runCall,

  async get(session, step) {
    await session.settle();
    session.log.begin(`get ${step.get!}`).result = capture(session.value(step.get!));
  },

  async phase(session, step) {
    await session.settle();
    session.log.begin(`-- ${step.phase!}`);
  },

  async worker(session, step) {
    const entry = session.log.begin(`worker ${step.worker!}`);
    try {
      await session.startWorker(step.worker!, { logLevel: 'none', ...step.settings });
      entry.result = 'running';
    } catch (error) {
      entry.error = captureError(error);
    }
  },

  async spawn(session, step) {
    session.log.begin(`spawn ${step.spawn!}`).result = await runSpawnStep(step);
  },

  async kill(session, step) {
    await session.settle();
    process.kill(session.object(step.kill!).pid as number, step.signal ?? 'SIGKILL');
  },

  async wait(_session, step) {
    await sleep(step.wait);
  },

  remember(session, step) {
    session.named.set(step.remember!, structuredClone(session.value(step.from!)));
  },

  async udp(session, step) {
    session.endpointsByName.set(step.udp!, await UdpEndpoint.open(step.udp!, session.ip));
  },

  async tcp(session, step) {
    const candidates = session.object(step.to!).iceCandidates as IceCandidate[];
    const port = candidates.find(({ protocol }) => protocol === 'tcp')!.port;
    session.endpointsByName.set(step.tcp!, await TcpEndpoint.open(step.tcp!, session.ip, port));
  },

  tcpBytes(session, step) {
    (session.endpoint(step.tcpBytes!) as TcpEndpoint).transmitUnframed(expandTemplate(step.hex!, session));
  },

  tcpClose(session, step) {
    session.endpoint(step.tcpClose!).close();
  },

  srtp(session, step) {
    const endpoint = session.endpoint(step.srtp!);
    if (step.key !== undefined) endpoint.encryptWith(step.suite!, Buffer.from(step.key, 'base64'));
    if (step.with !== undefined) {
      const { cryptoSuite, keyBase64 } = session.object(step.with).srtpParameters as Record<string, string>;
      endpoint.decryptWith(cryptoSuite, Buffer.from(keyBase64, 'base64'));
    }
  },

  send(session, step) {
    const endpoint = session.endpoint(step.send!);
    const port = transportPort(session, step.to!, endpoint);
    const bytes = expandTemplate(step.hex!, session);
    if (step.raw) endpoint.transmit(bytes, session.ip, port);
    else endpoint.send(bytes, session.ip, port);
  },

  tcc(session, step) {
    const endpoint = session.endpoint(step.tcc!);
    const port = transportPort(session, step.to!, endpoint);
    session.cleanups.push(answerTransportWide(endpoint, bytes => endpoint.send(bytes, session.ip, port), step));
  },

  stun: runStun,

  sctp(session, step) {
    const name = step.sctp!;
    const peer = session.sctpPeers.get(name);
    if (peer === undefined) session.sctpPeers.set(name, startSctpPeer(session, step));
    else if (step.set !== undefined) peer.set(step.set);
    else if (step.sack) peer.sendSack();
    else peer.sendChunks(step.chunks!, step.vtag, step.crc);
  },

  data(session, step) {
    const dataProducer = session.object(step.data!) as { send(...args: unknown[]): void };
    const message = step.hex === undefined ? session.argument(step.text!) : expandTemplate(step.hex, session);
    dataProducer.send(message, step.ppid, step.subchannels, step.required, step.ignored);
  },

  rtp(session, step) {
    (session.object(step.rtp!) as { send(packet: Buffer): void }).send(expandTemplate(step.hex!, session));
  },

  rtcp(session, step) {
    (session.object(step.rtcp!) as { sendRtcp(packet: Buffer): void }).sendRtcp(expandTemplate(step.hex!, session));
  },
};

async function runCall(session: Session, step: Step): Promise<void> {
  if (!step.nowait) await session.settle();
  const entry = session.log.begin(step.as === undefined ? step.call! : `${step.call!} -> ${step.as}`, step.quiet);
  const { target, key } = session.resolvePath(step.call!);

  const request = (async () => {
    try {
      const args = (step.args ?? []).map(argument => session.argument(argument));
      const method = (target as Record<string, (...args: unknown[]) => unknown>)[key!];
      const result = await method.apply(target, args);
      entry.result = recordResult(session, key!, step.as, result);
    } catch (error) {
      entry.error = captureError(error);
    }
    if (step.show) entry.after = session.show(step.show);
  })();
  if (step.nowait) {
    session.unanswered.push(request);
    return;
  }
  await request;
  if (step.showLater) session.showLater(entry, step.showLater);
  await session.askWorkers();
}

function recordResult(session: Session, method: string, as: string | undefined, result: unknown): Json {
  if (method === 'pipeToRouter') return recordPipe(session, as, result as ApiObject);
  const watched = watchedByMethod[method];
  if (watched === undefined) {
    if (as !== undefined) session.named.set(as, result);
    return capture(result);
  }
  const object = result as ApiObject;
  if (as !== undefined) session.name(as, object, watched);
  return captureProperties(object, watched.properties);
}

function recordPipe(session: Session, as: string | undefined, result: ApiObject): Json {
  const record: JsonObject = {};
  if (as !== undefined) session.named.set(as, result);
  for (const [part, watched] of Object.entries(watchedPipeParts)) {
    const object = result[part] as ApiObject | undefined;
    if (object === undefined) continue;
    if (as !== undefined) session.name(`${as}.${part}`, object, watched);
    record[part] = captureProperties(object, watched.properties);
  }
  return record;
}

function startSctpPeer(session: Session, step: Step): SctpPeer {
  const endpoint = session.endpoint(step.sctp!);
  const port = transportPort(session, step.to!, endpoint);
  const peer = new SctpPeer(step.options ?? {}, packet => endpoint.transmit(packet, session.ip, port));
  endpoint.onArrival = arrival => peer.onArrival(arrival);
  return peer;
}

function runStun(session: Session, step: Step): Promise<void> {
  return session.settle().then(() => {
    const endpoint = session.endpoint(step.stun!);
    const own = session.object(step.to!).iceParameters as IceParameters;
    const used = step.credentials === undefined ? own : (session.value(step.credentials) as IceParameters);
    const options = (step.options ?? {}) as StunOptions;
    endpoint.stunPassword = used.password;
    const request = writeStunRequest({
      transaction: `tx${++endpoint.stunRequests}`.padEnd(12, '-'),
      username:
        step.username === undefined
          ? `${used.usernameFragment}:remote`
          : (step.username?.replace('@', used.usernameFragment) ?? null),
      password: step.password === undefined ? used.password : step.password,
      priority: step.noPriority ? null : (options.priority ?? DEFAULT_PRIORITY),
      options,
    });
    const bytes = request.subarray(0, request.length - (step.truncate ?? 0));
    endpoint.transmit(bytes, session.ip, transportPort(session, step.to!, endpoint));
  });
}

interface IceParameters {
  usernameFragment: string;
  password: string;
}

interface IceCandidate {
  protocol: string;
  port: number;
}

/** @param to `t`, or `t.rtcp` for the RTCP port of a transport. */
function transportPort(session: Session, to: string, endpoint: Endpoint): number {
  const [name, part] = to.split('.');
  const transport = session.object(name);
  const tuple = (part === 'rtcp' ? transport.rtcpTuple : transport.tuple) as { localPort: number } | undefined;
  if (tuple !== undefined) return tuple.localPort;
  const candidates = transport.iceCandidates as IceCandidate[];
  return candidates.find(({ protocol }) => protocol === endpoint.protocol)!.port;
}
