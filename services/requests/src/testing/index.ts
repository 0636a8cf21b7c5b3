export { FakeLifecycle, type SentUpdate } from '../lifecycle/lifecycle.fake.js';
export { aPerson, aProject, FakeProjects } from './projects.fake.js';
