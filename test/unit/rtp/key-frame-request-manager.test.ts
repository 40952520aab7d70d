import { beforeEach, describe, expect, it } from 'vitest';
import { KeyFrameRequestManager } from '../../../src/rtp/key-frame-request-manager.js';

let requests: [ssrc: number, now: number][];
beforeEach(() => (requests = []));

const create = (delay: number) => new KeyFrameRequestManager(delay, (ssrc, now) => requests.push([ssrc, now]));

/** Wakes the manager whenever it wants, until `end`. */
function run(manager: KeyFrameRequestManager, end: number): void {
  while (manager.nextDeadline <= end) manager.onTimeout(manager.nextDeadline);
}

describe('KeyFrameRequestManager', () => {
  it('asks once, and once more after a second', () => {
    const manager = create(0);
    manager.keyFrameNeeded(1111, 0);
    run(manager, 10_000);
    expect(requests).toEqual([
      [1111, 0],
      [1111, 1000],
    ]);
    expect(manager.nextDeadline).toBe(Infinity);
  });

  it('does not ask again while one is pending, but keeps up the repetition', () => {
    const manager = create(0);
    manager.keyFrameNeeded(1111, 0);
    run(manager, 1500);
    manager.keyFrameNeeded(1111, 1500);
    run(manager, 10_000);
    expect(requests.map(([, now]) => now)).toEqual([0, 1000, 2000]);
  });

  it('collects requests during the delay', () => {
    const manager = create(500);
    manager.keyFrameNeeded(1111, 0);
    manager.keyFrameNeeded(1111, 100);
    manager.keyFrameNeeded(1111, 200);
    manager.keyFrameReceived(1111);
    run(manager, 10_000);
    expect(requests.map(([, now]) => now)).toEqual([0, 500, 1500]);
  });

  it('asks for nothing more once the key frame came', () => {
    const manager = create(500);
    manager.keyFrameNeeded(1111, 0);
    manager.keyFrameReceived(1111);
    run(manager, 10_000);
    expect(requests).toHaveLength(1);
  });

  it('asks at once when forced', () => {
    const manager = create(500);
    manager.keyFrameNeeded(1111, 0);
    manager.forceKeyFrameNeeded(1111, 100);
    manager.keyFrameReceived(1111);
    run(manager, 10_000);
    expect(requests.map(([, now]) => now)).toEqual([0, 100]);
  });

  it('begins to wait anew when forced', () => {
    const manager = create(0);
    manager.keyFrameNeeded(1111, 0);
    manager.forceKeyFrameNeeded(1111, 500);
    run(manager, 10_000);
    expect(requests.map(([, now]) => now)).toEqual([0, 500, 1500]);
  });

  it('forgets a collected request when forced', () => {
    const manager = create(500);
    manager.keyFrameNeeded(1111, 0);
    manager.keyFrameNeeded(1111, 50);
    manager.forceKeyFrameNeeded(1111, 100);
    manager.keyFrameReceived(1111);
    run(manager, 10_000);
    expect(requests.map(([, now]) => now)).toEqual([0, 100]);
  });

  it('treats streams apart', () => {
    const manager = create(500);
    manager.keyFrameNeeded(1, 0);
    manager.keyFrameNeeded(2, 10);
    manager.keyFrameReceived(1);
    run(manager, 1010);
    expect(requests).toEqual([
      [1, 0],
      [2, 10],
      [2, 1010],
    ]);
  });
});
