const { readFileSync } = require('node:fs');

// Loaded into a process by a test: answers every message with the most memory it ever had, in bytes. The kernel's count
// of this memory, for `resourceUsage().maxRSS` starts with what the parent had: an exec hands it on.
process.on('message', () => {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  process.send({ peak: Number(kibibytes) * 1024 });
});
process.channel.unref();
