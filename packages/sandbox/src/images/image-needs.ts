/** What the image `auto` can bring. */
export const LANGUAGES = ['go', 'java', 'node', 'python', 'rust'] as const;
export type Language = (typeof LANGUAGES)[number];

const MANIFESTS: Readonly<Record<Language, RegExp>> = {
  go: /^go\.(mod|work)$/,
  java: /^(pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?)$/,
  node: /^package\.json$/,
  python: /^(pyproject\.toml|setup\.(py|cfg)|pipfile|requirements[^/]*\.txt)$/i,
  rust: /^cargo\.toml$/i,
};
/** Folders of other people's code, and of samples that nobody runs. */
const FOREIGN = /^(node_modules|vendor|third[_-]party|\.venv|venv|dist|target|test|tests|testdata|__tests__|fixtures?|examples?|samples?|docs?|\..*)$/i;
const MAX_DEPTH = 2;

/** The languages whose manifests a repository has, at its top or up to two folders below; sorted. */
export function languagesOf(paths: readonly string[]): readonly Language[] {
  const found = new Set<Language>();
  for (const path of paths) {
    const folders = path.split('/');
    const name = folders.pop() ?? '';
    if (folders.length > MAX_DEPTH || folders.some((folder) => FOREIGN.test(folder))) continue;
    for (const language of LANGUAGES) if (MANIFESTS[language].test(name)) found.add(language);
  }
  return LANGUAGES.filter((language) => found.has(language));
}
