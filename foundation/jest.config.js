const { projects, testTimeout } = require('./jest.projects');

module.exports = { projects, testTimeout };
