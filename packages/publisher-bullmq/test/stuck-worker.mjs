// A worker that takes a job and never ends it; it prints "TAKEN" then. Arguments: the module, the port, the queue.
const [module, port, queue] = process.argv.slice(2);
const { Worker } = await import(module);
const take = async () => {
  process.stdout.write("TAKEN\n");
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
};
new Worker(queue, take, { connection: { port: Number(port), maxRetriesPerRequest: null }, lockDuration: 1000 });
