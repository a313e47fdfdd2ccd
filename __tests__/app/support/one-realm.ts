/**
 * Jest runs tests in a separate realm, where an error from Node's network modules isn't an `instanceof Error`: the AWS
 * SDK then wraps it, and its code is lost. With this, the test's realm sees errors as a normal process would.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === Error) return Object.prototype.toString.call(value) === '[object Error]';
    return Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

export {};
