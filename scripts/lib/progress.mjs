import { performance } from 'node:perf_hooks';

/** One line per event on stderr, with the seconds since the script began. */
export function makeLog(prefix = '', stream = process.stderr) {
  const log = (line) => {
    const seconds = (performance.now() / 1000).toFixed(1).padStart(6);
    stream.write(`${seconds} s  ${prefix ? `${prefix}: ` : ''}${line}\n`);
  };
  return log;
}

/** Runs a step and says how long it took; an instant one says nothing before its result. */
export async function timed(log, name, work) {
  const begin = performance.now();
  const announce = setTimeout(() => log(`${name} …`), 400);
  try {
    const result = await work();
    return { result, ms: Math.round(performance.now() - begin) };
  } finally {
    clearTimeout(announce);
  }
}
