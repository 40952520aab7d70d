/** The tiles of everybody in the call: one per camera or microphone, one more per shared screen. */
export class Stage {
  readonly #element: HTMLElement;
  readonly #tiles = new Map<string, Tile>();

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  tile(key: string, name: string, options: TileOptions = {}): Tile {
    let tile = this.#tiles.get(key);
    if (!tile) {
      tile = new Tile(name, options);
      this.#tiles.set(key, tile);
      this.#element.append(tile.element);
    }
    return tile;
  }

  find(key: string): Tile | undefined {
    return this.#tiles.get(key);
  }

  remove(key: string): void {
    this.#tiles.get(key)?.element.remove();
    this.#tiles.delete(key);
  }

  /** @param levels dBov (-127..0) by key; tiles that are not named are silent */
  showLevels(levels: ReadonlyMap<string, number>): void {
    for (const [key, tile] of this.#tiles) tile.showLevel(levels.get(key) ?? -127);
  }

  clear(): void {
    for (const key of [...this.#tiles.keys()]) this.remove(key);
  }
}

export interface TileOptions {
  mirrored?: boolean;
  screen?: boolean;
}

export class Tile {
  readonly element = document.createElement('article');
  readonly #video = document.createElement('video');
  readonly #audio = document.createElement('audio');
  readonly #level = document.createElement('span');
  readonly #muted = document.createElement('span');

  constructor(name: string, { mirrored = false, screen = false }: TileOptions) {
    this.element.className = 'tile';
    this.element.classList.toggle('mirrored', mirrored);
    this.element.classList.toggle('screen', screen);
    this.element.dataset.name = name;

    const initial = document.createElement('span');
    initial.className = 'initial';
    initial.textContent = [...name][0] ?? '?';

    const caption = document.createElement('div');
    const label = document.createElement('span');
    caption.className = 'caption';
    label.textContent = name;
    this.#level.className = 'level';
    this.#muted.className = 'muted';
    this.#muted.textContent = 'muted';
    this.#muted.hidden = true;
    caption.append(label, this.#level, this.#muted);

    this.#video.autoplay = true;
    this.#video.playsInline = true;
    this.#video.muted = true;
    this.#video.hidden = true;
    this.#audio.autoplay = true;
    this.element.append(initial, this.#video, this.#audio, caption);
  }

  showVideo(track: MediaStreamTrack | undefined): void {
    this.#video.srcObject = track ? new MediaStream([track]) : null;
    this.#video.hidden = !track;
    if (track) void this.#video.play().catch(() => {});
  }

  playAudio(track: MediaStreamTrack | undefined): void {
    this.#audio.srcObject = track ? new MediaStream([track]) : null;
    if (track) void this.#audio.play().catch(() => {});
  }

  hideVideo(hidden: boolean): void {
    this.#video.hidden = hidden || !this.#video.srcObject;
  }

  showMuted(muted: boolean): void {
    this.#muted.hidden = !muted;
    this.#level.hidden = muted;
  }

  showLevel(dBov: number): void {
    const percent = Math.max(0, Math.min(100, ((dBov + 70) / 60) * 100));
    this.#level.style.setProperty('--level', `${percent}%`);
    this.element.classList.toggle('speaking', dBov > -50);
  }
}
