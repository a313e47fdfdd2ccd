const { readFileSync } = require('node:fs');

// Loaded into a process by a test: answers every message with the process's peak memory in bytes. It reads the kernel's
// count, since `resourceUsage().maxRSS` includes the parent's, which an exec inherits.
process.on('message', () => {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  process.send({ peak: Number(kibibytes) * 1024 });
});
process.channel.unref();
