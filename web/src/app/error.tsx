'use client';

export default function ErrorPage({ reset }: { readonly error: Error; readonly reset: () => void }) {
  return (
    <div className="grid gap-3" role="alert">
      <h1 className="text-28 font-semibold">This page could not be shown</h1>
      <p>Something in the console failed. Requests and decisions are kept elsewhere and are not touched by it.</p>
      <p><button type="button" className="link" onClick={reset}>Try again</button></p>
    </div>
  );
}
