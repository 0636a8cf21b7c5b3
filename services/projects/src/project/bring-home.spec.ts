import { describe, expect, it } from '@jest/globals';

import { bringHomeCommands } from './bring-home.js';

describe('the commands that bring a result home', () => {
  it('pull into a local source, quoted for a shell', () => {
    expect(bringHomeCommands("/home/ada/it's mine", '/data/repos/1.git', 'main')).toEqual([
      `git -C '/home/ada/it'\\''s mine' pull --ff-only /data/repos/1.git main`,
    ]);
  });

  it('push to a URL', () => {
    expect(bringHomeCommands('git@example.org:a/b.git', '/data/1.git', 'main')).toEqual(['git -C /data/1.git push git@example.org:a/b.git main:main']);
  });

  it('are none before the branch is known', () => {
    expect(bringHomeCommands('/a', '/b', '')).toEqual([]);
  });
});
