import { survivingChanges } from './every-byte.js';

const [part = '0', parts = '1'] = process.argv.slice(2);
process.stdout.write(JSON.stringify(survivingChanges(Number(part), Number(parts))));
