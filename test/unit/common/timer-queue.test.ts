import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue, type Machine } from '../../../src/common/timer-queue.js';

class Recorder implements Machine {
  nextDeadline = Infinity;
  readonly fired: number[] = [];
  again = Infinity;

  onTimeout(now: number): void {
    this.fired.push(now);
    this.nextDeadline = this.again === Infinity ? Infinity : now + this.again;
  }
}

describe('TimerQueue', () => {
  it('wakes a machine once its deadline has come, not before', () => {
    const queue = new TimerQueue();
    const machine = new Recorder();
    const wakeUp = queue.register(machine);
    machine.nextDeadline = 10;
    wakeUp.update();
    expect(queue.nextDeadline).toBe(10);
    queue.run(9.9);
    expect(machine.fired).toEqual([]);
    queue.run(10);
    expect(machine.fired).toEqual([10]);
    expect(queue.size).toBe(0);
  });

  it('wakes the others when one throws, and that one again only when it is fed', () => {
    const queue = new TimerQueue();
    const errors: unknown[] = [];
    const broken: Machine = {
      nextDeadline: 5,
      onTimeout() {
        throw new Error('broken');
      },
    };
    const wakeUp = queue.register(broken);
    const machine = new Recorder();
    machine.nextDeadline = 10;
    queue.register(machine);
    expect(() => queue.run(5)).toThrow('broken');
    queue.onError = error => errors.push(error);
    wakeUp.update();
    queue.run(10);
    queue.run(11);
    expect(errors).toEqual([new Error('broken')]);
    expect(machine.fired).toEqual([10]);
  });

  it('does not wake early when a deadline moved to a later time', () => {
    const queue = new TimerQueue();
    const machine = new Recorder();
    machine.nextDeadline = 10;
    const wakeUp = queue.register(machine);
    machine.nextDeadline = 20;
    wakeUp.update();
    queue.run(15);
    expect(machine.fired).toEqual([]);
    queue.run(20);
    expect(machine.fired).toEqual([20]);
  });

  it('never wakes a cancelled machine', () => {
    const queue = new TimerQueue();
    const machine = new Recorder();
    machine.nextDeadline = 10;
    const wakeUp = queue.register(machine);
    wakeUp.cancel();
    wakeUp.update();
    queue.run(100);
    expect(machine.fired).toEqual([]);
    expect(queue.size).toBe(0);
  });

  it('runs a repeating machine once per call however late it is', () => {
    const queue = new TimerQueue();
    const machine = new Recorder();
    machine.again = 1;
    machine.nextDeadline = 0;
    queue.register(machine);
    queue.run(1000);
    expect(machine.fired).toEqual([1000]);
    expect(queue.nextDeadline).toBe(1001);
  });

  it('tells when the earliest deadline moves forward', () => {
    const earlier: number[] = [];
    const queue = new TimerQueue(deadline => earlier.push(deadline));
    const one = new Recorder();
    const two = new Recorder();
    one.nextDeadline = 50;
    two.nextDeadline = 80;
    queue.register(one);
    const wakeUp = queue.register(two);
    two.nextDeadline = 20;
    wakeUp.update();
    expect(earlier).toEqual([50, 20]);
  });

  it('wakes in order of deadline whatever was registered, moved and cancelled', () => {
    const operation = fc.record({ machine: fc.nat(9), deadline: fc.option(fc.nat(1000)), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), operations => {
        const queue = new TimerQueue();
        const log: [number, number][] = [];
        const machines = Array.from({ length: 10 }, (_, index) => ({
          nextDeadline: Infinity,
          onTimeout(): void {
            log.push([index, this.nextDeadline]);
            this.nextDeadline = Infinity;
          },
        }));
        const wakeUps = machines.map(machine => queue.register(machine));
        const cancelled = new Set<number>();
        for (const { machine, deadline, cancel } of operations) {
          machines[machine].nextDeadline = deadline ?? Infinity;
          wakeUps[machine].update();
          if (cancel && deadline === null) {
            wakeUps[machine].cancel();
            cancelled.add(machine);
          }
        }
        const expected = machines
          .map((machine, index) => [index, machine.nextDeadline] as [number, number])
          .filter(([index, deadline]) => deadline < Infinity && !cancelled.has(index));
        for (let now = 0; now <= 1000; now++) queue.run(now);
        expect([...log].sort()).toEqual(expected.sort());
        expect(log.map(([, deadline]) => deadline)).toEqual(log.map(([, deadline]) => deadline).sort((a, b) => a - b));
      }),
    );
  });
});
