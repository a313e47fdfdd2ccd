/**
 * Jest runs tests in a realm of their own, where an error of Node's network modules is no `instanceof Error`: the AWS
 * SDK then wraps it, and its code is lost. This makes the test's realm see errors as a process of its own would.
 */
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    if (this === Error) return Object.prototype.toString.call(value) === '[object Error]';
    return Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

export {};
