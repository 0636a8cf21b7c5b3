import { describeJournal } from './journal.contract.js';
import { fakeJournal } from './journal.fake.js';

describeJournal('fake', async () => fakeJournal());
