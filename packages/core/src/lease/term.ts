/** Why a node stopped leading, or why it is waiting. */
export type StandbyReason =
  | "joined"
  | "refused by the store"
  | "no renewal in time"
  | "no progress"
  | "a write came under an old lease"
  | "stopped";
