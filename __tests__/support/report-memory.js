// Loaded into a process by a test: answers every message with the most memory it ever had, in bytes.
process.on('message', () => process.send({ peak: process.resourceUsage().maxRSS * 1024 }));
process.channel.unref();
