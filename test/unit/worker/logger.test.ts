import { describe, expect, it } from 'vitest';
import { Logger } from '../../../src/worker/logger.js';

describe('Logger', () => {
  it('writes the level, the place and the text', () => {
    const lines: string[] = [];
    const log = new Logger(line => lines.push(line), 'debug', ['ice']);
    log.error('Worker::close()', 'one');
    log.warn('ice', 'IceServer::onStun()', 'two');
    log.debug('ice', 'IceServer::onStun()', () => 'three');
    expect(lines).toEqual(['EWorker::close() | one', 'WIceServer::onStun() | two', 'DIceServer::onStun() | three']);
  });

  const cases = [
    ['none', ['ice'], ''],
    ['error', ['ice'], 'E'],
    ['warn', ['ice'], 'EW'],
    ['debug', ['ice'], 'EWD'],
    ['debug', ['dtls', 'foo'], 'E'],
    ['debug', [], 'E'],
  ] as const;
  it.each(cases)('at level %s with tags %j writes "%s"', (level, tags, expected) => {
    let written = '';
    const log = new Logger(line => (written += line[0]));
    log.setLevel(level);
    log.setTags(tags);
    log.error('here', 'text');
    log.warn('ice', 'here', 'text');
    log.debug('ice', 'here', 'text');
    expect(written).toBe(expected);
  });

  it('builds no text that nobody wants', () => {
    const log = new Logger(() => {}, 'error');
    log.debug('ice', 'here', () => expect.fail('built'));
    log.warn('ice', 'here', () => expect.fail('built'));
  });
});
