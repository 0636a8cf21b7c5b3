import 'reflect-metadata';

export { REQUESTS_DATABASE } from './database/requests-database.js';
export { DEFAULT_REQUESTS_SETTINGS, type RequestsSettings } from './requests-parts.js';
export { type RequestsService, type RequestsServiceDeps, startRequestsService } from './start-requests-service.js';
