export { MODEL_SERVER_KEY, type ModelServer, type ModelServerOptions, startModelServer } from './model-server.js';
export {
  FAULT_NAMES,
  type FaultName,
  type LoggedCall,
  type ModelCall,
  type ModelScript,
  type Protocol,
  PROTOCOLS,
  type ScriptedAnswer,
  type ScriptedFault,
  type ScriptedReply,
  type SpokenMessage,
  type SpokenTool,
  type SpokenUsage,
} from './script.js';
