import 'reflect-metadata';

export { type ProjectsService, type ProjectsServiceDeps, startProjectsService } from './start-projects-service.js';
