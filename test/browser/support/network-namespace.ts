import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A network of its own for a program, behind a link whose rate can be set (Linux, root, Debian's iproute2). */
export class NetworkNamespace {
  /** @throws Error if the system does not let us. */
  static create(): NetworkNamespace {
    const namespace = new NetworkNamespace();
    try {
      namespace.#setUp();
    } catch (error) {
      namespace.close();
      throw error;
    }
    return namespace;
  }

  /** This end of the link. */
  readonly address = '10.77.0.1';
  readonly #name = `tsfu-${process.pid}`;
  readonly #link = `tsfu${process.pid}`;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'tsfu-namespace-'));

  /** A script that runs a program there, with the arguments that it is given. */
  scriptFor(executable: string): string {
    const script = path.join(this.#folder, path.basename(executable));
    writeFileSync(script, `#!/bin/sh\nexec ip netns exec ${this.#name} ${executable} "$@"\n`, { mode: 0o755 });
    return script;
  }

  /** What goes there, in kbit/s, through a queue of at most 150 ms. */
  setRate(kilobits: number): void {
    run(`tc qdisc replace dev ${this.#link} root tbf rate ${kilobits}kbit burst 4kb latency 150ms`);
  }

  close(): void {
    // The link ends with either of its ends.
    for (const command of [`ip link del ${this.#link}`, `ip netns del ${this.#name}`]) {
      try {
        run(command);
      } catch {
        // It was not there.
      }
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #setUp(): void {
    run(`ip netns add ${this.#name}`);
    run(`ip link add ${this.#link} type veth peer name eth0 netns ${this.#name}`);
    run(`ip addr add ${this.address}/30 dev ${this.#link}`);
    run(`ip link set ${this.#link} up`);
    run(`ip -n ${this.#name} addr add 10.77.0.2/30 dev eth0`);
    run(`ip -n ${this.#name} link set eth0 up`);
    run(`ip -n ${this.#name} link set lo up`);
    this.setRate(100_000);
  }
}

function run(command: string): void {
  const [program, ...args] = command.split(' ');
  execFileSync(program, args, { stdio: 'pipe' });
}
