// A foundation for this run only, so that two simultaneous runs don't interfere, and each removes its own.
module.exports = () => {
  process.env.EGRESS_E2E = `e2e-${String(process.pid)}`;
};
