export { agentActivities } from './agent.activities.js';
export { DEFAULT_AGENT_LIMITS, type AgentDeps, type AgentLimits, type AgentProgress } from './agent-deps.js';
export { AGENT_GUARDS } from './guards.js';
export { languageModels, type ModelSettings, type ProviderSettings } from './models/language-models.js';
export { parsePriceTable, type PriceRow } from './models/price-table.js';
export { OfflineModel } from './offline/offline.adapter.js';
export type { AgentWorkspacePort, AgentWorkspaces } from './ports/agent-workspace.port.js';
export type { JournalAnswer, JournalPort, ModelCall, RunLease, StepRecord } from './ports/journal.port.js';
export type {
  ChatMessage,
  ChatRequest,
  JsonSchema,
  LanguageModelPort,
  ModelAnswer,
  ModelFacts,
  ModelPrice,
  ModelUsage,
  TaskSection,
  ToolCall,
  ToolDeclaration,
  ToolResult,
} from './ports/language-model.port.js';
export type { ArtifactWriterPort, RunningLogPort } from './ports/running-log.port.js';
export type { ToolSandboxPort } from './ports/tool-sandbox.port.js';
export { RECIPE_GRAMMAR } from './recipes/recipe.js';
export { materialiseTools, type ToolsDirInput } from './tools-dir.js';
