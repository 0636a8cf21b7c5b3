import 'reflect-metadata';

export { DEFAULT_SETTINGS } from './project/default-settings.js';
export { type ProjectsService, type ProjectsServiceDeps, startProjectsService } from './start-projects-service.js';
