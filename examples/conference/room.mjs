// A room: one Router, one AudioLevelObserver, and the people in it. The server decides who receives what; a client
// is only told about new Consumers and confirms that it is ready for their packets.

const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
  {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  },
];

/** What the page lets people write (2000 characters) fits into it. */
const MAX_CHAT_BYTES = 8 * 1024;

export class Room {
  /** @type {Set<Person>} */
  #people = new Set();
  #router;
  #audioLevels;
  #listenInfos;
  #onEmpty;

  static async create(worker, listenInfos, onEmpty) {
    const router = await worker.createRouter({ mediaCodecs });
    const audioLevels = await router.createAudioLevelObserver({ maxEntries: 8, threshold: -70, interval: 250 });
    return new Room(router, audioLevels, listenInfos, onEmpty);
  }

  constructor(router, audioLevels, listenInfos, onEmpty) {
    this.#router = router;
    this.#audioLevels = audioLevels;
    this.#listenInfos = listenInfos;
    this.#onEmpty = onEmpty;
    audioLevels.on('volumes', volumes => {
      const levels = volumes.map(({ producer, volume }) => ({ person: producer.appData.person, volume }));
      this.#notifyAll('audioLevels', levels);
    });
    audioLevels.on('silence', () => this.#notifyAll('audioLevels', []));
  }

  /** @param messages what the socket received before */
  join(socket, name, messages) {
    const person = new Person(this, socket, name);
    this.#people.add(person);
    socket.on('message', data => void person.onMessage(data));
    socket.on('close', () => this.#leave(person));
    person.notify('welcome', { id: person.id, rtpCapabilities: this.#router.rtpCapabilities });
    for (const data of messages) void person.onMessage(data);
  }

  /** A person is set up to receive: hand them what everybody sends. */
  async ready(person) {
    for (const other of this.#people) {
      if (other === person) continue;
      other.notify('personJoined', { id: person.id, name: person.name });
      person.notify('personJoined', { id: other.id, name: other.name });
      for (const producer of other.producers.values()) await this.#consume(person, other, producer);
      for (const dataProducer of other.dataProducers.values()) await this.#consumeData(person, other, dataProducer);
    }
    await this.#updateEcho();
  }

  createTransport() {
    return this.#router.createWebRtcTransport({
      listenInfos: this.#listenInfos,
      enableUdp: true,
      enableSctp: true,
      maxReceiveMessageSize: MAX_CHAT_BYTES,
      initialAvailableOutgoingBitrate: 1_000_000,
    });
  }

  async produced(person, producer) {
    if (producer.kind === 'audio') await this.#audioLevels.addProducer({ producerId: producer.id });
    for (const other of this.#people) {
      if (other !== person && other.isReady) await this.#consume(other, person, producer);
    }
    await this.#updateEcho();
  }

  async producedData(person, dataProducer) {
    for (const other of this.#people) {
      if (other !== person && other.isReady) await this.#consumeData(other, person, dataProducer);
    }
  }

  /** Alone in a room you see your own stream, returned by the SFU; not any longer once somebody is there. */
  async #updateEcho() {
    for (const person of this.#people) {
      if (this.#people.size > 1) person.closeEcho();
      else if (person.isReady) {
        for (const producer of person.producers.values()) await this.#consume(person, person, producer);
      }
    }
  }

  async #consume(receiver, sender, producer) {
    const { rtpCapabilities } = receiver;
    if (!this.#router.canConsume({ producerId: producer.id, rtpCapabilities })) return;
    // Somebody who comes and somebody who starts to send may both lead here, at the same time.
    if (!receiver.startConsuming(producer)) return;
    const consumer = await receiver.receiving.consume({
      producerId: producer.id,
      rtpCapabilities,
      paused: true,
      appData: { echo: receiver === sender },
    });
    receiver.addConsumer(consumer);
    receiver.notify('newConsumer', {
      id: consumer.id,
      producerId: producer.id,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      person: sender.id,
      source: producer.appData.source,
      producerPaused: consumer.producerPaused,
    });
  }

  async #consumeData(receiver, sender, dataProducer) {
    if (!receiver.startConsuming(dataProducer)) return;
    const dataConsumer = await receiver.receiving.consumeData({ dataProducerId: dataProducer.id, paused: true });
    receiver.addDataConsumer(dataConsumer);
    receiver.notify('newDataConsumer', {
      id: dataConsumer.id,
      dataProducerId: dataProducer.id,
      sctpStreamParameters: dataConsumer.sctpStreamParameters,
      label: dataConsumer.label,
      person: sender.id,
    });
  }

  #leave(person) {
    person.close();
    this.#people.delete(person);
    this.#notifyAll('personLeft', { id: person.id });
    if (this.#people.size > 0) {
      void this.#updateEcho().catch(error => console.error(error));
      return;
    }
    this.#router.close();
    this.#onEmpty();
  }

  #notifyAll(event, data) {
    for (const person of this.#people) person.notify(event, data);
  }
}

let lastId = 0;

class Person {
  id = String(++lastId);
  name;
  rtpCapabilities;
  sending;
  receiving;
  isReady = false;
  producers = new Map();
  dataProducers = new Map();
  #consumers = new Map();
  #dataConsumers = new Map();
  /** Ids of the Producers and DataProducers that have a Consumer here, or will have one soon. */
  #consumed = new Set();
  #room;
  #socket;

  constructor(room, socket, name) {
    this.#room = room;
    this.#socket = socket;
    this.name = name;
  }

  notify(event, data) {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify({ event, data }));
  }

  async onMessage(message) {
    let id;
    try {
      const request = JSON.parse(String(message));
      id = request.id;
      const handler = Object.hasOwn(requests, request.method) ? requests[request.method] : undefined;
      if (!handler) throw new Error(`unknown method '${request.method}'`);
      const data = await handler(this, request.data ?? {}, this.#room);
      this.#socket.send(JSON.stringify({ id, ok: true, data }));
    } catch (error) {
      this.#socket.send(JSON.stringify({ id, ok: false, error: String(error?.message ?? error) }));
    }
  }

  addConsumer(consumer) {
    this.#consumers.set(consumer.id, consumer);
    consumer.on('producerclose', () => this.notify('consumerClosed', { id: consumer.id }));
    consumer.observer.on('close', () => {
      this.#consumers.delete(consumer.id);
      this.#consumed.delete(consumer.producerId);
    });
    consumer.on('producerpause', () => this.notify('consumerPaused', { id: consumer.id, paused: true }));
    consumer.on('producerresume', () => this.notify('consumerPaused', { id: consumer.id, paused: false }));
  }

  addDataConsumer(dataConsumer) {
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    dataConsumer.on('dataproducerclose', () => this.notify('dataConsumerClosed', { id: dataConsumer.id }));
    dataConsumer.observer.on('close', () => {
      this.#dataConsumers.delete(dataConsumer.id);
      this.#consumed.delete(dataConsumer.dataProducerId);
    });
  }

  /** Undefined if it was closed meanwhile. */
  consumer(id) {
    return this.#consumers.get(id);
  }

  dataConsumer(id) {
    return this.#dataConsumers.get(id);
  }

  /** False if there is, or will be, a Consumer of this Producer already. */
  startConsuming({ id }) {
    if (this.#consumed.has(id)) return false;
    this.#consumed.add(id);
    return true;
  }

  closeEcho() {
    for (const consumer of [...this.#consumers.values()].filter(({ appData }) => appData.echo)) {
      consumer.close();
      this.notify('consumerClosed', { id: consumer.id });
    }
  }

  close() {
    this.sending?.close();
    this.receiving?.close();
  }
}

/** What a client may ask for. */
const requests = {
  async createTransports(person, { rtpCapabilities }, room) {
    person.rtpCapabilities = rtpCapabilities;
    person.sending = await room.createTransport();
    person.receiving = await room.createTransport();
    return { sending: transportInfo(person.sending), receiving: transportInfo(person.receiving) };
  },

  async ready(person, _data, room) {
    person.isReady = true;
    await room.ready(person);
  },

  async connectTransport(person, { transportId, dtlsParameters }) {
    await transportOf(person, transportId).connect({ dtlsParameters });
  },

  async restartIce(person, { transportId }) {
    return await transportOf(person, transportId).restartIce();
  },

  async produce(person, { kind, rtpParameters, source, paused }, room) {
    const producer = await person.sending.produce({
      kind,
      rtpParameters,
      paused,
      appData: { source, person: person.id },
    });
    person.producers.set(producer.id, producer);
    producer.observer.on('close', () => person.producers.delete(producer.id));
    // The answer has to reach the client before what follows from it.
    setImmediate(() => void room.produced(person, producer).catch(error => console.error(error)));
    return { id: producer.id };
  },

  async produceData(person, { sctpStreamParameters, label }, room) {
    const dataProducer = await person.sending.produceData({ sctpStreamParameters, label });
    person.dataProducers.set(dataProducer.id, dataProducer);
    dataProducer.observer.on('close', () => person.dataProducers.delete(dataProducer.id));
    setImmediate(() => void room.producedData(person, dataProducer).catch(error => console.error(error)));
    return { id: dataProducer.id };
  },

  closeProducer(person, { producerId }) {
    find(person.producers, producerId).close();
  },

  async pauseProducer(person, { producerId, paused }) {
    const producer = find(person.producers, producerId);
    await (paused ? producer.pause() : producer.resume());
  },

  /** The client is ready for the packets of a Consumer. */
  async resumeConsumer(person, { consumerId }) {
    await person.consumer(consumerId)?.resume();
  },

  /** The client listens to a DataConsumer. */
  async resumeDataConsumer(person, { dataConsumerId }) {
    await person.dataConsumer(dataConsumerId)?.resume();
  },

  /** The SFU's own view, for the statistics on the page. */
  async stats(person) {
    const [sending] = await person.sending.getStats();
    const [receiving] = await person.receiving.getStats();
    return { sending: transportStats(sending), receiving: transportStats(receiving) };
  },
};

function transportInfo({ id, iceParameters, iceCandidates, dtlsParameters, sctpParameters }) {
  return { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters };
}

function transportStats({ recvBitrate, sendBitrate, iceSelectedTuple, dtlsState, availableOutgoingBitrate }) {
  return { recvBitrate, sendBitrate, iceSelectedTuple, dtlsState, availableOutgoingBitrate };
}

function transportOf({ sending, receiving }, id) {
  const transport = [sending, receiving].find(one => one?.id === id);
  if (!transport) throw new Error(`no transport ${id}`);
  return transport;
}

function find(map, id) {
  const value = map.get(id);
  if (!value) throw new Error(`nothing with id ${id}`);
  return value;
}
