// Jest loads this file without the transform for tests.
module.exports = async () => {
  require('tsx/cjs');
  await require('./demo.ts').removeDemo();
};
