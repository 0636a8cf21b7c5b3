/** One installer and flags, nothing before or after it. */
const INSTALLERS = /^(npm (ci|install)|pnpm install|yarn install|yarn)( --[a-z][a-z-]*(=[a-z]+)?)*$/;
/** What npm, pnpm and yarn run of a project's own at an install. */
const LIFECYCLE = ['preinstall', 'install', 'postinstall', 'prepublish', 'preprepare', 'prepare', 'postprepare', 'dependencies', 'pnpm:devPreinstall'];

/**
 * Whether the command does nothing but fill `node_modules` from manifests and lock files. Any other setup may build
 * something out of sources, or leave something outside of the workspace, and what is kept of it could hide a failure.
 */
export function isPureInstall(command: string): boolean {
  return INSTALLERS.test(command.trim());
}

/** Whether an install would run a script of the project. What cannot be read is taken for one that does. */
export function hasInstallScript(manifest: string): boolean {
  try {
    const { scripts } = JSON.parse(manifest) as { scripts?: unknown };
    if (scripts === undefined) return false;
    return typeof scripts !== 'object' || scripts === null || LIFECYCLE.some((name) => Object.hasOwn(scripts, name));
  } catch {
    return true;
  }
}

/** Beside manifests and lock files: what installers patch packages with, and their own programs. */
export function isInstallerFile(path: string): boolean {
  return /\.patch$|(^|\/)\.(pnpmfile\.c?js|yarn\/|npmrc|yarnrc)|(^|\/)\.pnpmfile\.|(^|\/)patches\//i.test(path);
}
