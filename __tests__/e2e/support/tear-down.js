// Jest loads this one without the transform that the tests have.
module.exports = async () => {
  require('tsx/cjs');
  await require('./demo.ts').removeDemo();
};
