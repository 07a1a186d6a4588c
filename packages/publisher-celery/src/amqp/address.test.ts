import { ConfigError } from "@beatx/core";
import { describe, expect, it } from "vitest";
import { readAmqpUri } from "./address.js";

describe("readAmqpUri", () => {
  it("fills in port, user, password and virtual host as Celery does", () => {
    expect(readAmqpUri("celery+amqp://localhost")).toEqual({
      label: "amqp://localhost:5672//",
      secure: false,
      hosts: [{ host: "localhost", port: 5672 }],
      username: "guest",
      password: "guest",
      vhost: "/",
      defaultQueue: undefined,
      heartbeatMs: undefined,
      queueMaxPriority: undefined,
      createMissingQueues: undefined,
      queueType: undefined,
    });
  });

  it("reads credentials, hosts, virtual host and options", () => {
    const query = "default_queue=mail&heartbeat=30&queue_max_priority=10&queue_type=quorum&create_missing_queues=False";
    expect(readAmqpUri(`CELERY+AMQPS://me:p%40ss@one,[::1]:7000/shop?${query}`)).toEqual({
      label: "amqps://one:5671,[::1]:7000/shop",
      secure: true,
      hosts: [
        { host: "one", port: 5671 },
        { host: "::1", port: 7000 },
      ],
      username: "me",
      password: "p@ss",
      vhost: "shop",
      defaultQueue: "mail",
      heartbeatMs: 30_000,
      queueMaxPriority: 10,
      createMissingQueues: false,
      queueType: "quorum",
    });
  });

  it.each([
    ["celery+amqp://h", "/"],
    ["celery+amqp://h/", "/"],
    ["celery+amqp://h//", "/"],
    ["celery+amqp://h/%2F", "/"],
    ["celery+amqp://h//shop", "/shop"],
    ["celery+amqp://h/a%20b", "a b"],
  ])("%s means the virtual host %o", (uri, vhost) => {
    expect(readAmqpUri(uri).vhost).toBe(vhost);
  });

  it.each([
    ["celery+amqp:///vhost", "names no host"],
    ["celery+amqp://u:secret@h//?colour=red", "option 1 of the query is unknown"],
    ["celery+amqp://u:secret@h//?heartbeat=soon", '"heartbeat" is not a number'],
    ["celery+amqp://u:secret@h//?create_missing_queues=1", '"create_missing_queues" is neither true nor false'],
    ["celery+redis://u:secret@h/0", '"celery+redis:" is none of'],
  ])("refuses %s", (uri, reason) => {
    const open = () => readAmqpUri(uri);
    expect(open).toThrow(ConfigError);
    expect(open).toThrow(reason);
    expect(open).not.toThrow("secret");
  });
});
