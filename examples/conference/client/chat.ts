/** The panel with what people write to each other. */
export class Chat {
  /** Sends a text to everybody. @throws if it cannot be sent now */
  send: (text: string) => void = () => {};
  /** Somebody wrote while the panel was closed, or it was opened. */
  onUnread: (count: number) => void = () => {};

  readonly #panel: HTMLElement;
  readonly #messages: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #problem: HTMLElement;
  #unread = 0;
  #lastAuthor = '';

  constructor(panel: HTMLElement) {
    this.#panel = panel;
    this.#messages = panel.querySelector('.messages')!;
    this.#problem = panel.querySelector('.problem')!;
    const form = panel.querySelector('form')!;
    this.#input = form.querySelector('input')!;
    form.onsubmit = event => {
      event.preventDefault();
      this.#submit();
    };
    panel.onkeydown = ({ key }) => {
      if (key === 'Escape') this.toggle();
    };
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  toggle(): void {
    this.#panel.hidden = this.isOpen;
    if (!this.isOpen) return;
    this.#countUnread(0);
    this.#scrollToEnd();
    this.#input.focus();
  }

  /** Shows a message. What one person writes in a row stands under one name. */
  show(author: string, text: string, { own = false } = {}): void {
    const message = document.createElement('li');
    message.classList.toggle('own', own);
    if (author !== this.#lastAuthor) {
      const heading = document.createElement('span');
      heading.className = 'author';
      heading.textContent = `${own ? 'You' : author}, ${new Date().toLocaleTimeString([], { timeStyle: 'short' })}`;
      message.append(heading);
    }
    const bubble = document.createElement('p');
    bubble.textContent = text;
    message.append(bubble);
    this.#lastAuthor = author;

    const { scrollHeight, scrollTop, clientHeight } = this.#messages;
    const atEnd = scrollHeight - scrollTop - clientHeight < 40;
    this.#messages.append(message);
    if (own || atEnd) this.#scrollToEnd();
    if (!own && !this.isOpen) this.#countUnread(this.#unread + 1);
  }

  clear(): void {
    this.#panel.hidden = true;
    this.#messages.replaceChildren();
    this.#input.value = '';
    this.#lastAuthor = '';
    this.#showProblem('');
    this.#countUnread(0);
  }

  #submit(): void {
    const text = this.#input.value.trim();
    if (text === '') return;
    try {
      this.send(text);
    } catch (error) {
      this.#showProblem(error instanceof Error ? error.message : String(error));
      return;
    }
    this.#showProblem('');
    this.#input.value = '';
  }

  #scrollToEnd(): void {
    this.#messages.scrollTop = this.#messages.scrollHeight;
  }

  #showProblem(text: string): void {
    this.#problem.textContent = text;
    this.#problem.hidden = text === '';
  }

  #countUnread(count: number): void {
    this.#unread = count;
    this.onUnread(count);
  }
}
