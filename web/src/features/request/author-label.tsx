import { Quoted } from '../text/quoted';

/** Who wrote a text; work of the built-in recipe model must never pass for a language model's. */
export function AuthorLabel({ author }: { readonly author: string | null | undefined }) {
  if (!author) return null;
  return (
    <span className="text-13 text-muted" data-testid="author">
      written by{' '}
      {author === 'offline' ? (
        <span className="rounded-6 border border-muted px-1.5 whitespace-nowrap text-ink">offline model</span>
      ) : (
        <Quoted>{author}</Quoted>
      )}
    </span>
  );
}
