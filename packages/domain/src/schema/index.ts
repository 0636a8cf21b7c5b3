export * from './plan.schema.js';
export * from './project.schema.js';
export * from './request.schema.js';
export * from './text.schema.js';
