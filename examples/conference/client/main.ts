import { Call, type Source } from './call.js';
import { Chat } from './chat.js';
import { Stage } from './stage.js';
import { describeCall } from './statistics.js';

const element = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;
const stage = new Stage(element('stage'));
const chat = new Chat(element('chat'));
let call: Call | undefined;
let statistics: ReturnType<typeof setInterval> | undefined;

element<HTMLInputElement>('room').value =
  decodeURIComponent(location.pathname.slice(1)) || Math.random().toString(36).slice(2, 8);
element<HTMLInputElement>('name').value = localStorage.getItem('name') ?? '';

element<HTMLFormElement>('join').onsubmit = event => {
  event.preventDefault();
  void join();
};
element('toggle-audio').onclick = () => void toggle('microphone');
element('toggle-video').onclick = () => void toggle('camera');
element('toggle-screen').onclick = () => void toggle('screen');
element('toggle-chat').onclick = toggleChat;
element('close-chat').onclick = toggleChat;
element('toggle-stats').onclick = toggleStatistics;
element('leave').onclick = () => leave();
element('copy-link').onclick = () => void navigator.clipboard.writeText(location.href);

async function join(): Promise<void> {
  const room = element<HTMLInputElement>('room').value.trim();
  const name = element<HTMLInputElement>('name').value.trim() || 'Guest';
  const button = element('join').querySelector('button')!;
  localStorage.setItem('name', name);
  show('lobby-problem', '');
  button.disabled = true;
  try {
    call = await Call.join(room, name, stage);
  } catch (error) {
    show('lobby-problem', `You cannot join: ${messageOf(error)}`);
    return;
  } finally {
    button.disabled = false;
  }
  call.onState = text => show('state', text);
  call.onProblem = text => show('problem', text);
  call.onEnded = reason => leave(reason);
  call.onChat = (author, text, options) => chat.show(author, text, options);
  chat.send = text => call?.sendChat(text);
  chat.onUnread = count => show('unread', count === 0 ? '' : String(count));
  history.replaceState(null, '', `/${encodeURIComponent(room)}`);
  element('room-name').textContent = room;
  element('lobby').hidden = true;
  element('call').hidden = false;
  show('problem', '');
  if (element<HTMLInputElement>('with-audio').checked) await toggle('microphone');
  if (element<HTMLInputElement>('with-video').checked) await toggle('camera');
  showButtons();
}

function leave(reason = ''): void {
  if (!element('stats').hidden) toggleStatistics();
  call?.leave();
  call = undefined;
  chat.clear();
  element('call').hidden = true;
  element('lobby').hidden = false;
  show('lobby-problem', reason);
}

/** Turns a source on or off. The microphone and the camera are paused, a screen is given up. */
async function toggle(source: Source): Promise<void> {
  if (!call) return;
  try {
    if (!call.has(source)) await call.send(source, await capture(source));
    else if (source === 'screen') call.stop(source);
    else await call.setPaused(source, call.isSending(source));
  } catch (error) {
    show('problem', explain(error, source));
  }
  showButtons();
}

async function capture(source: Source): Promise<MediaStreamTrack> {
  // Browsers hide the devices from pages that are neither https nor localhost.
  if (!window.isSecureContext) {
    throw new Error(
      'This page was loaded over plain http from another machine, so the browser gives it no camera or microphone. ' +
        'Open it as localhost, or start the server with --tls-cert and --tls-key.',
    );
  }
  const devices = navigator.mediaDevices;
  if (source === 'screen') return (await devices.getDisplayMedia({ video: true })).getVideoTracks()[0];
  if (source === 'microphone') return (await devices.getUserMedia({ audio: true })).getAudioTracks()[0];
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
  return (await devices.getUserMedia({ video })).getVideoTracks()[0];
}

function explain(error: unknown, source: Source): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError') {
    return `You or your system refused access to the ${source}. Allow it in the address bar, then press the button again.`;
  }
  if (name === 'NotFoundError') return `No ${source} was found. You can still see and hear the others.`;
  if (name === 'NotReadableError') return `The ${source} is in use by another program.`;
  return messageOf(error);
}

function toggleChat(): void {
  chat.toggle();
  showButtons();
}

function toggleStatistics(): void {
  const panel = element('stats');
  panel.hidden = !panel.hidden;
  clearInterval(statistics);
  if (!panel.hidden) {
    const refresh = (): void => {
      if (call)
        void describeCall(call).then(
          text => (panel.textContent = text),
          () => {},
        );
    };
    refresh();
    statistics = setInterval(refresh, 1000);
  }
  showButtons();
}

function showButtons(): void {
  press('toggle-audio', call?.isSending('microphone') ?? false);
  press('toggle-video', call?.isSending('camera') ?? false);
  press('toggle-screen', call?.isSending('screen') ?? false);
  press('toggle-chat', chat.isOpen);
  press('toggle-stats', !element('stats').hidden);
}

function press(id: string, pressed: boolean): void {
  element(id).setAttribute('aria-pressed', String(pressed));
}

function show(id: string, text: string): void {
  element(id).textContent = text;
  element(id).hidden = text === '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// For tests in a browser.
declare global {
  interface Window {
    conference?: () => Call | undefined;
  }
}
window.conference = () => call;
