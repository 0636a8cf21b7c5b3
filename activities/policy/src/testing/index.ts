export { fakeScanner } from './secret-scanner.fake.js';
