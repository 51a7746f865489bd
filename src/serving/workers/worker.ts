import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerData } from './messages.ts';
import { createThreadServing } from './thread-serving.ts';

// A serving worker: this file is what its thread runs. What is thrown and not caught ends it; it is replaced then.

const port = parentPort;
if (port !== null) {
  const receive = createThreadServing({
    data: workerData as WorkerData,
    post: (message: FromWorker) => port.postMessage(message),
    done: () => port.close(),
  });
  port.on('message', (message: ToWorker) => receive(message));
}
