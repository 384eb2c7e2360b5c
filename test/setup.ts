import { easeGpuPolling } from '../src/node/ease_polling.js';

// As the command-line tool does: a software adapter needs the core that polling would take.
easeGpuPolling();
