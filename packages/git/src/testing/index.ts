export { aRepository, aGit, type TestRepository } from './test-repository.js';
