// Runs the compiled test-suite of the `mediasoup` package (17 files, 202 tests) over tsfu, in several ways:
//
//   official API, tsfu-worker     mediasoup's own API starts our executable
//   tsfu API, tsfu-worker         our API starts our executable
//   tsfu API, thread              our API, our worker in a thread
//   tsfu API, same thread         our API, our worker beside it
//   tsfu API, external worker     our API starts the executable that MEDIASOUP_WORKER_BIN names
//
// The test files are used as they are. Each way gets a folder laid out like the package, in which the modules that
// the tests import ("../", "../errors", ...) are the official ones or ours.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { accessSync, constants, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(fileURLToPath(new URL('../..', import.meta.url)));
const require = createRequire(import.meta.url);
const work = path.join(root, 'test/results/conformance');
const official = path.resolve(require.resolve('mediasoup'), '../../..');
const tsfuWorker = path.join(root, 'dist/worker/process.js');
const external = process.env.MEDIASOUP_WORKER_BIN;

/** Tests that a worker in a thread cannot pass, each with the reason. */
const notForThreads = {
  'mediasoup.workerBin matches mediasoup-worker absolute path':
    'expects the path of a C++ worker that was built inside the package',
  'Worker emits "died" if mediasoup-worker process died unexpectedly':
    'sends signals to the pid of the worker, and a thread has none of its own',
  'mediasoup-worker process ignores PIPE, HUP, ALRM, USR1 and USR2 signals':
    'sends signals to the pid of the worker, and a thread has none of its own',
};
/** What a worker in the same thread cannot pass besides. */
const notForSameThread = {
  ...notForThreads,
  'mediasoup.createWorker() with wrong `workerBin` rejects with Error': 'starts no executable',
};

const ways = [
  { name: 'official API, tsfu-worker', layOut: layOutOfficial, workerBin: tsfuWorker, leftOut: {} },
  { name: 'tsfu API, tsfu-worker', layOut: layOutOurs, workerBin: tsfuWorker, leftOut: {} },
  { name: 'tsfu API, thread', layOut: layOutOurs, workerBin: undefined, leftOut: notForThreads },
  { name: 'tsfu API, same thread', layOut: layOutSameThread, workerBin: undefined, leftOut: notForSameThread },
];
if (external) {
  accessSync(external, constants.X_OK);
  ways.push({ name: 'tsfu API, external worker', layOut: layOutOurs, workerBin: external, leftOut: {} });
}

/** Runs the ways whose name contains `only`; answers how many tests passed and failed in all of them together. */
export async function runConformance(only = '') {
  rmSync(work, { recursive: true, force: true });
  const total = { passed: 0, failed: 0 };
  for (const way of ways.filter(({ name }) => name.includes(only))) {
    const folder = path.join(work, way.name.replace(/\W+/g, '-'));
    await way.layOut(folder);
    const { passed, failed } = runJest(way, folder);
    console.log(`${way.name}: ${passed} passed, ${failed} failed`);
    for (const [test, reason] of Object.entries(way.leftOut)) console.log(`  left out: ${test}: ${reason}`);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

function runJest({ workerBin, leftOut }, folder) {
  const report = path.join(folder, 'report.json');
  const configuration = {
    rootDir: folder,
    testRegex: 'node/lib/test/test-.*\\.js$',
    testEnvironment: 'node',
    transform: {},
    maxWorkers: 1,
    setupFilesAfterEnv: [path.join(root, 'test/conformance/retry.cjs')],
    cacheDirectory: path.join(work, 'cache'),
  };
  const environment = { ...process.env };
  delete environment.MEDIASOUP_WORKER_BIN;
  if (workerBin) environment.MEDIASOUP_WORKER_BIN = workerBin;
  const names = Object.keys(leftOut).map(name => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const { stderr } = spawnSync(
    process.execPath,
    [
      path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js'),
      `--config=${JSON.stringify(configuration)}`,
      '--json',
      `--outputFile=${report}`,
      ...(names.length > 0 ? [`--testNamePattern=^(?!(${names.join('|')})$)`] : []),
    ],
    { cwd: folder, env: environment, encoding: 'utf8', timeout: 15 * 60_000 },
  );
  if (!existsSync(report)) {
    console.log(stderr);
    return { passed: 0, failed: 1 };
  }
  const result = JSON.parse(readFileSync(report, 'utf8'));
  for (const { name, assertionResults, message } of result.testResults) {
    const file = path.basename(name);
    if (assertionResults.length === 0) console.log(`  FAILED ${file}\n    ${firstLines(message)}`);
    for (const { fullName, status, failureMessages } of assertionResults) {
      if (status === 'failed')
        console.log(`  FAILED ${file}: ${fullName}\n    ${firstLines(failureMessages[0] ?? '')}`);
    }
  }
  return { passed: result.numPassedTests, failed: result.numFailedTests + result.numRuntimeErrorTestSuites };
}

/** The package as it is. It lacks the certificate that its tests of the DTLS settings read. */
async function layOutOfficial(folder) {
  copyLibrary('.', folder);
  cpSync(path.join(official, 'package.json'), path.join(folder, 'package.json'));
  await makeCertificate(path.join(folder, 'node/lib/test/data'));
}

function layOutSameThread(folder) {
  return layOutOurs(folder, 'test/conformance/same-thread-modules.ts');
}

/** The official tests, and our API as the CommonJS modules that they import. */
async function layOutOurs(folder, modules = 'test/conformance/modules.ts') {
  const library = path.join(folder, 'node/lib');
  // The generated code builds notifications that the tests inject; utils.js is a helper of the tests.
  for (const name of ['test', 'fbs', 'utils.js']) copyLibrary(name, folder);
  await build({
    absWorkingDir: root,
    entryPoints: [modules],
    outfile: path.join(library, 'modules.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    // From here the API finds the worker's entries, see scripts/build.mjs.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(path.join(root, 'dist/chunks/api.js')).href) },
    logLevel: 'warning',
  });
  for (const name of ['index', 'errors', 'ortc', 'enhancedEvents', 'Transport']) {
    writeFileSync(path.join(library, `${name}.js`), `module.exports = require('./modules.js').${name};\n`);
  }
  // A test compares `version`, which is the version of mediasoup whose API this is, with the package's own.
  const { version } = JSON.parse(readFileSync(path.join(official, 'package.json'), 'utf8'));
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ version }));
  await makeCertificate(path.join(library, 'test/data'));
}

function copyLibrary(name, folder) {
  cpSync(path.join(official, 'node/lib', name), path.join(folder, 'node/lib', name), {
    recursive: true,
    filter: source => !/\.(d\.ts|map)$/.test(source),
  });
}

async function makeCertificate(folder) {
  const bundle = path.join(work, 'certificate.mjs');
  if (!existsSync(bundle)) {
    await build({
      absWorkingDir: root,
      entryPoints: ['src/dtls/certificate.ts'],
      outfile: bundle,
      bundle: true,
      format: 'esm',
      platform: 'node',
    });
  }
  const { Certificate } = await import(pathToFileURL(bundle).href);
  const certificate = Certificate.generate(Date.now(), { fill: randomFillSync });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'dtls-cert.pem'), certificate.pem);
  writeFileSync(path.join(folder, 'dtls-key.pem'), certificate.privateKey.export({ type: 'pkcs8', format: 'pem' }));
}

/** The message and where in the tests it happened. */
function firstLines(text) {
  const lines = text.replace(/\x1b\[[0-9;]*m/g, '').split('\n');
  return lines
    .filter(line => !/^\s+at .*node_modules|^\s+at .*node:internal/.test(line))
    .slice(0, 12)
    .join('\n    ');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = await runConformance(process.argv[2]);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
