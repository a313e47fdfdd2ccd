const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest runs tests in a realm of their own, where an error of Node's network modules is no `instanceof Error`; the AWS
 * SDK then wraps it and its code is lost. With the outer realm's Error it behaves as in a process of its own.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.Error = Error;
  }
};
