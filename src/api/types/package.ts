import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type parseScalabilityMode } from '../scalability-modes.js';
import { type AppData } from './app-data.js';
import { type RouterRtpCapabilities } from './rtp-parameters.js';
import { type Worker, type WorkerSettings } from './worker.js';

export type ObserverEvents = {
  /** A worker is running. */
  newworker: [Worker];
};

export type Observer = EnhancedEventEmitter<ObserverEvents>;

/** Where log lines go, see `setLogEventListeners()`. `namespace` says which class speaks, as in DEBUG. */
export type LogEventListeners = {
  ondebug?: (namespace: string, log: string) => void;
  onwarn?: (namespace: string, log: string) => void;
  onerror?: (namespace: string, log: string, error?: Error) => void;
};

/** What the package exports, for applications that replace it by a double. */
export interface Index {
  version: string;
  observer: EnhancedEventEmitter<ObserverEvents>;
  workerBin: string;
  setLogEventListeners: (listeners?: LogEventListeners) => void;
  createWorker: <WorkerAppData extends AppData = AppData>(
    options?: WorkerSettings<WorkerAppData>,
  ) => Promise<Worker<WorkerAppData>>;
  getSupportedRtpCapabilities: () => RouterRtpCapabilities;
  parseScalabilityMode: typeof parseScalabilityMode;
}
