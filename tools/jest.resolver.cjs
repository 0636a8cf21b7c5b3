// Sources import "./x.js" and mean "./x.ts"; some packages export only an "import" condition.
module.exports = (request, options) => {
  const resolve = options.defaultResolver;
  if (/^\.{1,2}\/.*\.js$/.test(request) && !options.basedir.includes('/node_modules/')) {
    for (const extension of ['.ts', '.tsx']) {
      try {
        return resolve(request.replace(/\.js$/, extension), options);
      } catch {
        // The next spelling is tried.
      }
    }
  }
  try {
    return resolve(request, options);
  } catch (error) {
    if (request.startsWith('.') || request.startsWith('node:')) throw error;
    try {
      return resolve(request, { ...options, conditions: ['node', 'import', 'module-sync', 'default'] });
    } catch {
      throw error;
    }
  }
};
