/** As much of a browser as a sign-in needs: cookies, redirects on the issuer, and stopping at the console's address. */
export class IdentityBrowser {
  private readonly cookies = new Map<string, string>();

  constructor(
    private readonly issuer: string,
    private readonly passwords: Readonly<Record<string, string>>,
  ) {}

  async submitLogin(url: string, person: string) {
    const page = await this.follow(url);
    return this.post(page.location, { name: person, password: this.passwords[person] ?? '' });
  }

  post(url: string, form: Record<string, string>) {
    return this.follow(url, { method: 'POST', body: new URLSearchParams(form), headers: { origin: this.issuer } });
  }

  async follow(url: string, init: { method?: string; body?: URLSearchParams; headers?: Record<string, string> } = {}) {
    let [location, current] = [url, init];
    for (;;) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(location, { ...current, redirect: 'manual', headers: { ...current.headers, cookie } });
      for (const line of answer.headers.getSetCookie()) this.keep(line);
      const next = answer.headers.get('location');
      const { headers, status: code } = answer;
      if (!next) return { status: 'page' as const, code, location, headers, body: await answer.text() };
      location = new URL(next, location).toString();
      if (!location.startsWith(this.issuer)) return { status: 'redirect' as const, code, location, headers, body: '' };
      current = {};
    }
  }

  private keep(line: string): void {
    const [pair = ''] = line.split(';');
    const name = pair.slice(0, pair.indexOf('='));
    const isGone = /expires=Thu, 01 Jan 1970/i.test(line);
    if (isGone) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(pair.indexOf('=') + 1));
  }
}
