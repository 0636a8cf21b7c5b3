import type { Plan, PlanStep, PlannedFile, RiskLevel } from '@countersign/domain';

import { counted } from './tool-words.js';

const MANY_FILES = 50;
const VERY_MANY_FILES = 500;

const CI_FILE = /(^|\/)(\.github\/(workflows|actions)\/|\.circleci\/|\.ci\/|\.buildkite\/|\.gitlab-ci\.ya?ml$|\.travis\.ya?ml$|azure-pipelines\.ya?ml$|bitbucket-pipelines\.ya?ml$|jenkinsfile$)/i;
const DEPENDENCY_FILE =
  /(^|\/)(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|requirements[^/]*\.txt|pyproject\.toml|poetry\.lock|uv\.lock|pipfile(\.lock)?|go\.(mod|sum)|cargo\.(toml|lock)|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|gemfile(\.lock)?|composer\.(json|lock))$/i;

function named(files: readonly PlannedFile[]): string {
  const shown = files.slice(0, 3).map((file) => JSON.stringify(file.path.slice(0, 200)).slice(1, -1));
  return files.length > 3 ? `${shown.join(', ')} and ${files.length - 3} more` : shown.join(', ');
}

/** How careful a reader should be, from what the plan touches. Never from what a model says about itself. */
export function riskOf(steps: readonly PlanStep[], commands: Plan['commands']): Plan['risk'] {
  const files = [...new Map(steps.flatMap((step) => step.files.map((file) => [file.path, file] as const))).values()];
  const deleted = steps.flatMap((step) => step.files.filter((file) => file.change === 'delete'));
  const ci = files.filter((file) => CI_FILE.test(file.path));
  const dependencies = files.filter((file) => DEPENDENCY_FILE.test(file.path));
  const runs = steps.reduce((sum, step) => sum + step.commands.length, 0);

  const reasons: [RiskLevel, string][] = [];
  if (files.length > MANY_FILES) reasons.push([files.length > VERY_MANY_FILES ? 'high' : 'medium', `Touches ${counted(files.length, 'file')}`]);
  if (ci.length > 0) reasons.push(['high', `Touches CI: ${named(ci)}`]);
  if (dependencies.length > 0) reasons.push(['medium', `Touches dependency files: ${named(dependencies)}`]);
  if (deleted.length > 0) reasons.push(['medium', `Deletes ${counted(deleted.length, 'file')}: ${named(deleted)}`]);
  if (commands === 'any') reasons.push(['high', 'May run any command in the sandbox']);
  else if (runs > 0) reasons.push(['medium', `Runs ${counted(runs, 'command')} in the sandbox`]);

  const levels = reasons.map(([level]) => level);
  const level = levels.includes('high') ? 'high' : levels.includes('medium') ? 'medium' : 'low';
  return { level, reasons: reasons.map(([, reason]) => reason) };
}
