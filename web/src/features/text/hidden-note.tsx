import { Mark } from '../page/tone';
import { hiddenIn, hiddenWords } from './hidden';

/** Beside a text that is long or folded: what is hidden in it. Nothing where nothing is. */
export function HiddenNote({ text }: { readonly text: string }) {
  const words = hiddenWords(hiddenIn([text]));
  return words.length === 0 ? null : <span className="text-13" data-testid="hidden-note"><Mark icon="warning" tone="waiting" isWrapping>{`made visible: ${words.join(', ')}`}</Mark></span>;
}
