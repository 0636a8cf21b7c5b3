/** What a model is asked for; `chat` answers comments on a spec or plan. */
export const MODEL_STAGES = ['spec', 'plan', 'execute', 'review', 'chat'] as const;
export type ModelStage = (typeof MODEL_STAGES)[number];

export const MODEL_PROVIDERS = ['offline', 'openai', 'anthropic', 'google', 'mistral', 'groq', 'ollama'] as const;
export type ModelProvider = (typeof MODEL_PROVIDERS)[number];

/** The one deterministic model of ours; it has no name behind a colon. */
export const OFFLINE_MODEL = 'offline';

/** `offline`, or `provider:model`. `all` holds for the stages that name none; null: the installation's own. */
export type ModelChoice = { readonly all: string | null } & { readonly [S in ModelStage]: string | null };

export const INSTALLATION_MODELS: ModelChoice = { all: null, spec: null, plan: null, execute: null, review: null, chat: null };

/** The first colon parts provider and name: names may hold further ones (`ollama:qwen3:8b`). */
export function parseModelId(id: string): { readonly provider: ModelProvider; readonly name: string } | undefined {
  if (id === OFFLINE_MODEL) return { provider: 'offline', name: '' };
  const at = id.indexOf(':');
  const provider = MODEL_PROVIDERS.find((known) => known === id.slice(0, at));
  const name = id.slice(at + 1);
  return at > 0 && provider && provider !== 'offline' && name !== '' ? { provider, name } : undefined;
}

/** Project before installation; a stage before `all`. */
export function modelOf(stage: ModelStage, project: ModelChoice, installation: ModelChoice): string {
  return project[stage] ?? project.all ?? installation[stage] ?? installation.all ?? OFFLINE_MODEL;
}
