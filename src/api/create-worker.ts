import { EnhancedEventEmitter } from './enhanced-events.js';
import { Logger } from './logger.js';
import { ProcessBackend } from './process-backend.js';
import { ThreadBackend } from './thread-backend.js';
import { type AppData } from './types/app-data.js';
import { type ObserverEvents, type Observer } from './types/package.js';
import { type Worker, type WorkerSettings } from './types/worker.js';
import { checkAppData } from './utils.js';
import { WorkerImpl } from './worker.js';
import { type WorkerBackend } from './worker-backend.js';
import { processEntry, threadFiles } from './worker-files.js';

const logger = new Logger();

/** Sees every worker there is, and by their observers everything else. */
export const observer: Observer = new EnhancedEventEmitter<ObserverEvents>();

/** Read once, so that `workerBin` stays true. */
const configuredWorkerBin = process.env.MEDIASOUP_WORKER_BIN;

/**
 * Path of the worker that MEDIASOUP_WORKER_BIN named when this package was loaded; if it named none, of this package's
 * worker as an executable, which `createWorker({ workerBin })` starts as a process of its own.
 */
export const workerBin: string = configuredWorkerBin || processEntry();

/**
 * Starts a worker: in a thread of this process, or as a child process if `workerBin` or MEDIASOUP_WORKER_BIN names an
 * executable. Resolves when it runs.
 *
 * @throws TypeError - wrong settings. Error - it could not be started.
 */
export async function createWorker<WorkerAppData extends AppData = AppData>(
  settings: WorkerSettings<WorkerAppData> = {},
): Promise<Worker<WorkerAppData>> {
  checkAppData(settings.appData);
  const bin = settings.workerBin ?? (configuredWorkerBin || undefined);
  const args = workerArguments(settings);
  logger.debug(`createWorker() [workerBin:${bin}, args:${args.join(' ')}]`);
  return startWorker(bin === undefined ? new ThreadBackend(threadFiles(), args) : new ProcessBackend(bin, args), {
    appData: settings.appData,
  });
}

/** The worker that a backend runs, when it does. */
export function startWorker<WorkerAppData extends AppData = AppData>(
  backend: WorkerBackend,
  { appData }: { appData?: WorkerAppData } = {},
): Promise<Worker<WorkerAppData>> {
  const worker = new WorkerImpl<WorkerAppData>(backend, appData);
  return new Promise((resolve, reject) => {
    worker.on('@success', () => {
      observer.safeEmit('newworker', worker);
      resolve(worker);
    });
    worker.on('@failure', reject);
  });
}

/** Settings as command line arguments of a worker. What is not of the right type is left out. */
export function workerArguments({
  logLevel = 'error',
  logTags,
  rtcMinPort = 10000,
  rtcMaxPort = 59999,
  dtlsCertificateFile,
  dtlsPrivateKeyFile,
  srtpCryptoSuites,
  libwebrtcFieldTrials,
}: WorkerSettings): string[] {
  const text = (name: string, value: unknown): string[] =>
    typeof value === 'string' && value ? [`--${name}=${value}`] : [];
  const number = (name: string, value: unknown): string[] =>
    typeof value === 'number' && !Number.isNaN(value) ? [`--${name}=${value}`] : [];
  return [
    ...text('logLevel', logLevel),
    ...(Array.isArray(logTags) ? logTags : []).flatMap(tag => text('logTag', tag)),
    ...number('rtcMinPort', rtcMinPort),
    ...number('rtcMaxPort', rtcMaxPort),
    ...text('dtlsCertificateFile', dtlsCertificateFile),
    ...text('dtlsPrivateKeyFile', dtlsPrivateKeyFile),
    ...text('srtpCryptoSuites', Array.isArray(srtpCryptoSuites) ? srtpCryptoSuites.join() : undefined),
    ...text('libwebrtcFieldTrials', libwebrtcFieldTrials),
  ];
}
