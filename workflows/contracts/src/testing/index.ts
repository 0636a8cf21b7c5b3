export { aBriefing, fakeEvidence, fakeRequestRecords, type FakeRequestRecords } from './request-records.fake.js';
