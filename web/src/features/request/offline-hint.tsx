const LINES = [
  'rename <identifier> to <identifier> [in <glob>]',
  'replace "<text>" with "<text>" [in <glob>]',
  'add file <path>        (its content in a fenced block below)',
  'delete file <path>',
  'move file <path> to <path>',
  'insert "<text>" after "<text>" in <file>',
  'set <package> to <version> in [<folder>/]package.json',
] as const;

/** The built-in model is a recipe, not a language model: it says so, and says what it reads. */
export function OfflineHint() {
  return (
    <div className="grid gap-1">
      <p>The <strong>offline model</strong> understands these lines, one or several, and nothing else:</p>
      <pre className="code-block" tabIndex={0}>{LINES.join('\n')}</pre>
    </div>
  );
}
