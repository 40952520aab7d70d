import { defaultSrtpProfiles, orderSrtpProfiles, srtpProfiles, type SrtpProfileName } from '../dtls/srtp-profile.js';
import { isLogLevel, type LogLevel } from './logger.js';

export interface WorkerSettings {
  readonly logLevel: LogLevel;
  readonly logTags: readonly string[];
  readonly rtcMinPort: number;
  readonly rtcMaxPort: number;
  /** The worker's own certificate; generated if absent. */
  readonly dtls: { readonly certificatePem: string; readonly privateKeyPem: string } | undefined;
  /** In which order DTLS offers and accepts them. */
  readonly srtpProfiles: readonly SrtpProfileName[];
  /** Accepted for compatibility, without effect. */
  readonly libwebrtcFieldTrials: string | undefined;
}

export const DEFAULT_SETTINGS: WorkerSettings = {
  logLevel: 'error',
  logTags: [],
  rtcMinPort: 10000,
  rtcMaxPort: 59999,
  dtls: undefined,
  srtpProfiles: defaultSrtpProfiles,
  libwebrtcFieldTrials: undefined,
};

/** The command line is wrong. */
export class SettingsError extends Error {}

/** Options, of which the beginning is enough where it is unambiguous. */
const OPTIONS = [
  'logLevel',
  'logTags',
  'rtcMinPort',
  'rtcMaxPort',
  'dtlsCertificateFile',
  'dtlsPrivateKeyFile',
  'srtpCryptoSuites',
  'libwebrtcFieldTrials',
] as const;

type Option = (typeof OPTIONS)[number];

/**
 * Reads a worker's command line, `--name=value` or `--name value`.
 *
 * @param readFile gives the content of a regular file, or throws
 * @throws SettingsError
 */
export function parseSettings(args: readonly string[], readFile: (path: string) => string): WorkerSettings {
  const logTags: string[] = [];
  const values = new Map<Option, string>();
  for (const [option, value] of readOptions(args)) {
    if (option === 'logTags') logTags.push(value);
    else values.set(option, value);
  }

  const logLevel = (values.get('logLevel') ?? DEFAULT_SETTINGS.logLevel).toLowerCase();
  if (!isLogLevel(logLevel)) throw new SettingsError(`invalid value '${values.get('logLevel')}' for logLevel`);
  const rtcMinPort = readPort('rtcMinPort', values.get('rtcMinPort')) ?? DEFAULT_SETTINGS.rtcMinPort;
  const rtcMaxPort = readPort('rtcMaxPort', values.get('rtcMaxPort')) ?? DEFAULT_SETTINGS.rtcMaxPort;
  if (rtcMaxPort < rtcMinPort) throw new SettingsError('rtcMaxPort cannot be less than rtcMinPort');

  const certificateFile = values.get('dtlsCertificateFile');
  const privateKeyFile = values.get('dtlsPrivateKeyFile');
  if (certificateFile !== undefined && privateKeyFile === undefined) {
    throw new SettingsError('missing dtlsPrivateKeyFile');
  }
  if (certificateFile === undefined && privateKeyFile !== undefined) {
    throw new SettingsError('missing dtlsCertificateFile');
  }
  const read = (option: Option, path: string): string => {
    try {
      return readFile(path);
    } catch (error) {
      throw new SettingsError(`${option}: ${(error as Error).message}`);
    }
  };
  const dtls =
    certificateFile !== undefined && privateKeyFile !== undefined
      ? {
          certificatePem: read('dtlsCertificateFile', certificateFile),
          privateKeyPem: read('dtlsPrivateKeyFile', privateKeyFile),
        }
      : undefined;
  return {
    logLevel,
    logTags,
    rtcMinPort,
    rtcMaxPort,
    dtls,
    srtpProfiles: readSrtpProfiles(values.get('srtpCryptoSuites')),
    libwebrtcFieldTrials: values.get('libwebrtcFieldTrials'),
  };
}

function* readOptions(args: readonly string[]): Generator<[Option, string]> {
  for (let i = 0; i < args.length; i++) {
    const [, name, value] = /^--?([^=]+)(?:=(.*))?$/s.exec(args[i]) ?? [];
    const option = findOption(name);
    const given = value ?? args[i + 1];
    if (option === undefined || given === undefined || given === '') {
      throw new SettingsError(`missing value in command line argument in option '${args[i]}'`);
    }
    if (value === undefined) i++;
    yield [option, given];
  }
}

function findOption(name: string | undefined): Option | undefined {
  if (name === undefined) return undefined;
  const candidates = OPTIONS.filter(option => option.startsWith(name));
  return candidates.find(option => option === name) ?? (candidates.length === 1 ? candidates[0] : undefined);
}

/** The digits a port begins with, cut to 16 bits as the reference does: 65536 is 0. */
function readPort(option: Option, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number.parseInt(value, 10);
  if (Number.isNaN(port)) throw new SettingsError(`invalid value '${value}' for ${option}`);
  return port & 0xffff;
}

/** Names with commas in between. */
function readSrtpProfiles(value: string | undefined): readonly SrtpProfileName[] {
  if (value === undefined) return DEFAULT_SETTINGS.srtpProfiles;
  const names = value.split(',');
  const unknown = names.find(name => !Object.hasOwn(srtpProfiles, name));
  if (unknown !== undefined) throw new SettingsError(`invalid value '${unknown}' for srtpCryptoSuites`);
  return orderSrtpProfiles(names as SrtpProfileName[]);
}
