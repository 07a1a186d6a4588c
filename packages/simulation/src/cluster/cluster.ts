import { Random } from "../base/random.js";
import { Timeline } from "../base/timeline.js";
import { isFault, type Step } from "../faults/step.js";
import { Judge } from "../judge/judge.js";
import { Circumstances } from "../judge/judge-base.js";
import { QuietJudge } from "../judge/quiet-judge.js";
import type { Link } from "../world/link.js";
import { Machine, Process } from "../world/machine.js";
import type { World } from "../world/world.js";
import { applyStep } from "./apply-step.js";
import { Backend, type BackendState } from "./backend.js";
import { Editor } from "./editor.js";
import { storeLink } from "./links.js";
import { Node } from "./node.js";

/** A whole cluster in one world: servers, nodes, a client and the judge. */
export class Cluster {
  readonly timeline: Timeline = new Timeline();
  readonly circumstances: Circumstances;
  readonly judge: Judge;
  readonly quiet: QuietJudge;
  readonly backend: Backend;
  readonly nodes: readonly Node[];
  readonly editor: Editor;
  /** The client's way to the store. */
  readonly clientLink: Link;
  /** Faults that were at work, by kind. */
  readonly faults: Map<string, number> = new Map();

  constructor(world: World, seed: number, steps: readonly Step[]) {
    const storeMachine = new Machine("store", this.timeline);
    this.circumstances = new Circumstances(world, this.timeline, storeMachine);
    this.judge = new Judge(this.circumstances);
    this.quiet = new QuietJudge(this.circumstances, this.judge);
    this.backend = new Backend(this.circumstances, this.judge);
    this.nodes = Array.from({ length: world.nodes }, (_, index) => {
      // A local store is on the machine of all nodes, so all have the same clocks.
      const clocks = world.store === "local" ? {} : { rate: world.rates[index]!, skewMs: world.skewsMs[index]! };
      const machine = new Machine(`node ${index + 1}`, this.timeline, clocks);
      return new Node(machine, index, {
        circumstances: this.circumstances,
        judge: this.judge,
        backend: this.backend,
        seed,
      });
    });
    const client = new Process(new Machine("client", this.timeline));
    this.clientLink = storeLink(client, this.backend.storeServer, {
      random: new Random(seed + 100),
      circumstances: this.circumstances,
    });
    this.editor = new Editor(client, this.backend.openStore(this.clientLink), this.judge, this.circumstances);
    for (const step of steps) this.#plan(step);
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  #plan(step: Step): void {
    if (step.kind !== "roll back") {
      this.timeline.at(step.at, () => this.#apply(step));
      return;
    }
    let snapshot: BackendState | undefined;
    this.timeline.at(step.at - step.lostMs, () => (snapshot = this.backend.snapshot()));
    this.timeline.at(step.at, () => {
      this.#count(step);
      this.backend.restart(step.downMs, snapshot);
    });
  }

  #apply(step: Step): void {
    if (applyStep(this, step)) this.#count(step);
  }

  #count(step: Step): void {
    if (!isFault(step)) return;
    this.circumstances.faults++;
    const isOfCommand = step.kind === "command" || step.kind === "client command";
    const kind = isOfCommand ? step.fault.fault : step.kind;
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    if (isOfCommand || step.kind === "batch") return;
    const lastsMs = "forMs" in step ? step.forMs : step.kind === "roll back" ? step.downMs : 0;
    this.circumstances.disturbedUntil = Math.max(this.circumstances.disturbedUntil, step.at + lastsMs);
  }
}
