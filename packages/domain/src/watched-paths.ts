/** Files whose change reaches beyond the code: what builds it, deploys it, or decides what it depends on. */
const CI_FOLDERS = ['.github/workflows/', '.github/actions/', '.circleci/', '.buildkite/', '.gitea/workflows/', '.forgejo/workflows/', '.woodpecker/', '.ci/'];

const CI_NAMES = [
  '.gitlab-ci.yml',
  '.travis.yml',
  '.drone.yml',
  '.woodpecker.yml',
  'jenkinsfile',
  'azure-pipelines.yml',
  'bitbucket-pipelines.yml',
  'cloudbuild.yaml',
  'appveyor.yml',
  'codeowners',
  'dockerfile',
  'containerfile',
  'docker-compose.yml',
  'docker-compose.yaml',
  'compose.yml',
  'compose.yaml',
  '.pre-commit-config.yaml',
  'renovate.json',
  'dependabot.yml',
];

const DEPENDENCY_NAMES = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'bun.lock',
  'bun.lockb',
  'deno.json',
  'deno.lock',
  '.npmrc',
  '.yarnrc.yml',
  'constraints.txt',
  'pyproject.toml',
  'poetry.lock',
  'uv.lock',
  'pipfile',
  'pipfile.lock',
  'setup.py',
  'setup.cfg',
  'environment.yml',
  'go.mod',
  'go.sum',
  'go.work',
  'cargo.toml',
  'cargo.lock',
  'pom.xml',
  'build.gradle',
  'build.gradle.kts',
  'settings.gradle',
  'settings.gradle.kts',
  'gradle.properties',
  'gemfile',
  'gemfile.lock',
  'composer.json',
  'composer.lock',
  'mix.exs',
  'mix.lock',
  'pubspec.yaml',
  'pubspec.lock',
  'package.swift',
  'package.resolved',
  'packages.lock.json',
  'directory.packages.props',
  'flake.nix',
  'flake.lock',
  '.gitmodules',
];

const NAMES: ReadonlySet<string> = new Set([...CI_NAMES, ...DEPENDENCY_NAMES]);
const PATTERNS = [/^requirements[^/]*\.(txt|in)$/, /\.(csproj|fsproj|vbproj|gemspec|dockerfile)$/, /^dockerfile\./, /^jenkinsfile\./];

/** Letter case is ignored: some file systems do as well. */
export function isCiOrDependencyFile(path: string): boolean {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf('/') + 1);
  if (NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name))) return true;
  return CI_FOLDERS.some((folder) => lower.startsWith(folder) || lower.includes(`/${folder}`));
}
