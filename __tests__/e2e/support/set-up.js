// A foundation for this run alone: two runs side by side never meet, and each removes its own.
module.exports = () => {
  process.env.EGRESS_E2E = `e2e-${String(process.pid)}`;
};
