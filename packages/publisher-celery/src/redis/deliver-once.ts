import { type OutboxHold, PublishError } from "@beatx/core/adapter";
import { packTexts, script } from "@beatx/shared-redis";
import type { RedisConnection } from "@beatx/shared-redis";

/** The keys of a queue at one priority. */
export interface QueueKeys {
  /** The queue's name, with the prefix of all keys; keys of its lists begin with it. */
  readonly name: string;
  /** The list that workers empty. */
  readonly list: string;
  /** The sorted set beside it: the last delivered instant of each entry. */
  readonly lastInstants: string;
  /** The table of the exchange that leads to the queue. */
  readonly table: string;
  /** The row that declares the queue in its own exchange's table; empty if another exchange leads to it. */
  readonly row: string;
}

/** One message for one queue. */
export interface QueuedMessage {
  readonly queue: QueueKeys;
  /** The name under which the queue remembers the instant. */
  readonly member: string;
  /** Epoch ms of the occurrence. */
  readonly instant: number;
  readonly text: string;
  /**
   * The name under which the queue remembers that a reset of the entry was honoured; empty: it was not reset. The first
   * message after a reset may have an earlier instant than the last one.
   */
  readonly resetMember: string;
  /** What holds up the next message of the entry (R52); `null`: nothing does. */
  readonly hold: OutboxHold | null;
  /** If it is held up, it comes again: the answer is not remembered. */
  readonly waits: boolean;
}

/**
 * new: pushed. same: pushed before. passed: a later instant of the entry was pushed. held: an earlier message of the entry has
 * not ended, or had not when this one was sent first. Otherwise: the key that has the
 * wrong type.
 */
export type DeliveryAnswer =
  "new" | "same" | "passed" | "held" | PublishError | { readonly wrongKey: string; readonly expected: string };

/**
 * Class D (R23): the server compares in the same step as it takes the message. Reads and checks come first, because a
 * script that fails half-way keeps what it has written.
 *
 * KEYS: list, last instants, table per queue, then the keys that hold messages up. ARGV: how long instants are remembered in
 * ms, the number of queues, a row per queue, then a packed list: the queue's number, member, instant, text, member of its
 * reset, number, value and lifetime of the key that holds it up (0: none), and "1" if it waits, per message. That a message was
 * held up is remembered like its instant, under a name of its own, so a copy gets the same answer later (R52), unless it waits. A message that was pushed before is never
 * pushed again, not even after a reset. The last instants are a sorted set rather than a hash, so that those of entries
 * long gone can be found and dropped; in both, instants compare as numbers.
 */
const DELIVER = script(`
local function holds(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == 'none' or found == kind
end
local count = tonumber(ARGV[2])
-- By number: who holds the key, which of these keys this batch sets.
local holders, newHolds, wrongHolds = {}, {}, {}
for number = 1, #KEYS - 3 * count do
  local key = KEYS[3 * count + number]
  local kind = redis.call('TYPE', key).ok
  if kind == 'string' then
    local holder = redis.pcall('GET', key)
    -- Only entries whose runs must not overlap need this right.
    if type(holder) == 'table' then wrongHolds[number] = -7 else holders[number] = holder end
  elseif kind ~= 'none' then wrongHolds[number] = -6 end
end
local refused, texts, lastInstants, order = {}, {}, {}, {}
for d = 1, count do
  if not holds(KEYS[3 * d - 2], 'list') then refused[d] = -2
  elseif not holds(KEYS[3 * d - 1], 'zset') then refused[d] = -3
  elseif not holds(KEYS[3 * d], 'set') then refused[d] = -4 end
  texts[d] = {}
end
local function lastOf(known, key, name)
  return known[name] or tonumber(redis.call('ZSCORE', key, name) or nil)
end
local answers = {}
local list = cmsgpack.unpack(ARGV[count + 3])
for a = 1, #list, 9 do
  local d, member, instant, reset = tonumber(list[a]), list[a + 1], tonumber(list[a + 2]), list[a + 4]
  local hold, holder = tonumber(list[a + 5]), list[a + 6]
  local answer = refused[d] or wrongHolds[hold]
  if not answer then
    local key = KEYS[3 * d - 1]
    local known = lastInstants[key]
    if not known then
      known = {}
      lastInstants[key], order[#order + 1] = known, key
    end
    local last = lastOf(known, key, member)
    local isFirstAfterReset = reset ~= '' and not lastOf(known, key, reset)
    if reset ~= '' then known[reset] = instant end
    if last and (last == instant or last > instant and not isFirstAfterReset) then
      answer = last == instant and 0 or -1
      if answer == 0 and hold > 0 and lastOf(known, key, member .. '\\0held') == instant then answer = -5 end
    elseif holders[hold] and holders[hold] ~= holder then
      answer = -5
      if list[a + 8] == '' then known[member], known[member .. '\\0held'] = instant, instant end
    else
      answer = 1
      known[member] = instant
      if hold > 0 then holders[hold], newHolds[hold] = holder, list[a + 7] end
      local pushed = texts[d]
      pushed[#pushed + 1] = list[a + 3]
    end
  end
  answers[#answers + 1] = answer
end
-- A full memory refuses the first write, so either all of it happens or nothing. The same holds for a missing right: the
-- writes before the pushes are harmless alone, and one of them changes nothing but needs the right of the last one.
local time = redis.call('TIME')
local oldest = string.format('(%.0f', time[1] * 1000 - ARGV[1])
for d = 1, count do
  if #texts[d] > 0 then
    redis.call('ZADD', KEYS[3 * d - 1], 'XX', 0, '')
    if ARGV[d + 2] ~= '' then redis.call('SADD', KEYS[3 * d], ARGV[d + 2]) end
  end
end
for number, ttl in pairs(newHolds) do redis.call('SET', KEYS[3 * count + number], holders[number], 'PX', ttl) end
for _, key in ipairs(order) do
  if next(lastInstants[key]) then redis.call('ZREMRANGEBYSCORE', key, '-inf', oldest) end
end
for d = 1, count do
  if #texts[d] > 0 then redis.call('LPUSH', KEYS[3 * d - 2], unpack(texts[d])) end
end
for _, key in ipairs(order) do
  local scores = {}
  for member, instant in pairs(lastInstants[key]) do
    scores[#scores + 1] = string.format('%.0f', instant)
    scores[#scores + 1] = member
  end
  if #scores > 0 then redis.call('ZADD', key, unpack(scores)) end
end
return answers
`);

/**
 * Older instants are dropped, so that entries that come and go leave nothing behind for good. An occurrence that is sent
 * later than this after its instant is not compared.
 */
const MEMORY_MS = 90 * 24 * 3600 * 1000;

/** Delivers up to some hundred messages in one step. Answers in their order. @throws PublishError */
export async function deliverOnce(
  connection: RedisConnection,
  messages: readonly QueuedMessage[],
  signal: AbortSignal,
): Promise<DeliveryAnswer[]> {
  const numbers = new Map<QueueKeys, number>();
  const keys: string[] = [];
  const rows: string[] = [];
  const values: string[] = [];
  const holds = new Map<string, number>();
  for (const { queue, member, instant, text, resetMember, hold, waits } of messages) {
    let number = numbers.get(queue);
    if (number === undefined) {
      keys.push(queue.list, queue.lastInstants, queue.table);
      number = rows.push(queue.row);
      numbers.set(queue, number);
    }
    values.push(String(number), member, String(instant), text, resetMember);
    if (hold) values.push(String(numberIn(holds, hold.key)), hold.value, String(hold.ttlMs));
    else values.push("0", "", "");
    values.push(waits ? "1" : "");
  }
  const args = [MEMORY_MS, rows.length, ...rows, packTexts(values)];
  const codes = await connection.runScript("publish", DELIVER, [...keys, ...holds.keys()], args, signal);
  return messages.map(({ queue, hold }, index) => readAnswer((codes as unknown[])[index], queue, hold));
}

/** The key's number, from 1. */
function numberIn(numbers: Map<string, number>, key: string): number {
  const number = numbers.get(key) ?? numbers.size + 1;
  numbers.set(key, number);
  return number;
}

function readAnswer(code: unknown, queue: QueueKeys, hold: OutboxHold | null): DeliveryAnswer {
  switch (code) {
    case 1:
      return "new";
    case 0:
      return "same";
    case -1:
      return "passed";
    case -2:
      return { wrongKey: queue.list, expected: "list" };
    case -3:
      return { wrongKey: queue.lastInstants, expected: "sorted set" };
    case -4:
      return { wrongKey: queue.table, expected: "set" };
    case -5:
      return "held";
    case -6:
      return { wrongKey: hold!.key, expected: "string" };
    case -7: {
      const why = `the broker's user may not read ${JSON.stringify(hold!.key)}, as an entry with overlap needs`;
      return new PublishError(`${why}: add +get to the user's rights`, { notSent: true });
    }
    default:
      throw new Error(`unexpected answer ${String(code)}`);
  }
}
