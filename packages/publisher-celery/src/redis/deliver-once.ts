import { script } from "@beatx/shared-redis";
import type { RedisConnection } from "@beatx/shared-redis";

/** A queue at one priority. */
export interface Destination {
  /** The list that workers empty. */
  readonly list: string;
  /** Beside it, the last instant that was delivered, per entry. */
  readonly marks: string;
  /** The table of the exchange over which the queue is reached. */
  readonly table: string;
  /** The row that declares the queue in its own exchange's table; empty when the table is somebody else's. */
  readonly row: string;
}

/** One message for one queue. */
export interface Delivery {
  readonly destination: Destination;
  /** Under which name the queue remembers it. */
  readonly mark: string;
  /** Epoch ms of the occurrence. */
  readonly instant: number;
  readonly text: string;
}

/** NEW: pushed. SAME: this occurrence is there already. PASSED: a later one of the entry is. Else the key in the way. */
export type DeliveryAnswer = "new" | "same" | "passed" | { readonly wrongKey: string; readonly expected: string };

/**
 * Class D (R23): the destination itself compares, in the step in which it takes the message. Reads and tests come first,
 * since a script that fails half-way keeps what it has written.
 *
 * KEYS: list, marks, table per destination. ARGV: how long marks are kept in ms, a row per destination, then destination,
 * mark, instant, text per message. Marks are a sorted set rather than a hash so that those of entries that are long gone
 * can be found and dropped; a mark is compared as a number in both.
 */
const DELIVER = script(`
local function holds(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == 'none' or found == kind
end
local count = #KEYS / 3
local refused, texts, marks, order = {}, {}, {}, {}
for d = 1, count do
  if not holds(KEYS[3 * d - 2], 'list') then refused[d] = -2
  elseif not holds(KEYS[3 * d - 1], 'zset') then refused[d] = -3
  elseif not holds(KEYS[3 * d], 'set') then refused[d] = -4 end
  texts[d] = {}
end
local answers = {}
for a = count + 2, #ARGV, 4 do
  local d, mark, instant = tonumber(ARGV[a]), ARGV[a + 1], tonumber(ARGV[a + 2])
  local answer = refused[d]
  if not answer then
    local key = KEYS[3 * d - 1]
    if not marks[key] then marks[key] = {}; order[#order + 1] = key end
    local last = marks[key][mark] or tonumber(redis.call('ZSCORE', key, mark) or nil)
    if last and last >= instant then
      answer = last == instant and 0 or -1
    else
      answer = 1
      marks[key][mark] = instant
      table.insert(texts[d], ARGV[a + 3])
    end
  end
  answers[#answers + 1] = answer
end
-- The first write is one that a full memory refuses: either all of it happens or nothing.
for d = 1, count do
  if #texts[d] > 0 then
    redis.call('LPUSH', KEYS[3 * d - 2], unpack(texts[d]))
    if ARGV[d + 1] ~= '' then redis.call('SADD', KEYS[3 * d], ARGV[d + 1]) end
  end
end
local time = redis.call('TIME')
local oldest = string.format('(%.0f', time[1] * 1000 - ARGV[1])
for _, key in ipairs(order) do
  local scores = {}
  for mark, instant in pairs(marks[key]) do
    table.insert(scores, string.format('%.0f', instant))
    table.insert(scores, mark)
  end
  if #scores > 0 then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', oldest)
    redis.call('ZADD', key, unpack(scores))
  end
end
return answers
`);

/**
 * Marks older than this are dropped, so that entries that come and go leave nothing behind for ever. An occurrence that
 * is sent later than this after its instant is not compared any more.
 */
const MARK_LIFETIME_MS = 90 * 24 * 3600 * 1000;

/** Delivers up to some hundred messages in one step; answers in their order. @throws PublishError */
export async function deliverOnce(
  connection: RedisConnection,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<DeliveryAnswer[]> {
  const numbers = new Map<Destination, number>();
  const keys: string[] = [];
  const rows: string[] = [];
  const values: (string | number)[] = [];
  for (const { destination, mark, instant, text } of deliveries) {
    let number = numbers.get(destination);
    if (number === undefined) {
      keys.push(destination.list, destination.marks, destination.table);
      number = rows.push(destination.row);
      numbers.set(destination, number);
    }
    values.push(number, mark, instant, text);
  }
  const args = [MARK_LIFETIME_MS, ...rows, ...values];
  const codes = await connection.runScript("publish", DELIVER, keys, args, signal);
  return deliveries.map(({ destination }, index) => readAnswer((codes as unknown[])[index], destination));
}

function readAnswer(code: unknown, destination: Destination): DeliveryAnswer {
  switch (code) {
    case 1:
      return "new";
    case 0:
      return "same";
    case -1:
      return "passed";
    case -2:
      return { wrongKey: destination.list, expected: "list" };
    case -3:
      return { wrongKey: destination.marks, expected: "sorted set" };
    case -4:
      return { wrongKey: destination.table, expected: "set" };
    default:
      throw new Error(`unexpected answer ${String(code)}`);
  }
}
