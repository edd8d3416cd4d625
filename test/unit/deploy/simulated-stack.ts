import type { AppService } from '../../../scripts/lib/config/app-model.js';
import { type Colour, colours, otherColour } from '../../../scripts/lib/config/names.js';
import { type Goal, grouped, idleColour, planDeploy, type Step } from '../../../scripts/lib/deploy/plan.js';
import { type PutBackStep, planPutBack } from '../../../scripts/lib/deploy/recovery/put-back-plan.js';
import { chooseTarget, type ReleaseRecord } from '../../../scripts/lib/deploy/releases/releases.js';
import type { ContainerState, State } from '../../../scripts/lib/deploy/state.js';
import { containerState } from '../fixtures.js';

/** What a release is made of. */
export interface Built {
  version: string;
  release: string;
  services: readonly AppService[];
}

/** What a deployer was doing when it was killed. */
interface Begun {
  command: 'deploy' | 'rollback';
  built: Built;
  token: number;
  colour: Colour;
  hasCut: boolean;
}

/** A deployer that is killed before its next effect. */
export class Killed extends Error {}

/** A step that fails before its next effect; what was done is then undone. */
export class Failed extends Error {}

/** After how many effects something happens to a command. */
export interface Trouble {
  fails: number;
  killed: number;
}

export const NONE: Trouble = { fails: Number.POSITIVE_INFINITY, killed: Number.POSITIVE_INFINITY };

/**
 * A stack as the plans see it: what the steps of a plan come to on an engine, in the smallest effects that a kill can come
 * between. Whoever uses it is told of every one of its states.
 */
export class SimulatedStack {
  live: State['live'];
  all: Record<Colour, ContainerState[]> = { blue: [], green: [] };
  /** What a cut that is not verified yet has taken the traffic from. */
  unverified: Colour | undefined;
  readonly records: ReleaseRecord[] = [];
  readonly known = new Map<string, Built>();
  cutOff: Begun | undefined;
  #previous: State['live'];
  #token = 0;
  #trouble = NONE;
  #done = 0;
  #undos: { traffic: boolean; action: () => void }[] = [];
  #recording = false;
  readonly #watch: (stack: SimulatedStack) => void;

  constructor(watch: (stack: SimulatedStack) => void) {
    this.#watch = watch;
  }

  get state(): State {
    return { base: [], colours: this.all, live: this.live, edgeToken: this.#token };
  }

  /** @returns the containers of a colour that run */
  running(colour: Colour): ContainerState[] {
    return this.all[colour].filter(({ state }) => state === 'running');
  }

  /**
   * Does a deploy, or a rollback to the release before, as the commands do: what was cut off is put in order first.
   *
   * @throws Killed, or Failed once all is undone
   * @returns whether there was something to do
   */
  command(what: { deploy: Built } | 'rollback', options: Pick<Goal, 'retire' | 'canary' | 'bake'>, trouble = NONE): boolean {
    this.recover(options.retire, trouble);
    const [built, how] = what === 'rollback' ? this.#target() : [what.deploy, 'deploy' as const];
    if (!built) return false;
    this.known.set(built.release, built);
    const { canary, bake, retire } = options;
    const rest = how === 'deploy' ? { canary: canary ?? [], bake } : {};
    const goal: Goal = { how, version: built.version, services: built.services, retire, backup: false, ...rest };
    const steps = planDeploy(this.state, goal);
    const begun: Begun = {
      command: how === 'deploy' ? 'deploy' : 'rollback',
      built,
      token: ++this.#token,
      colour: idleColour(this.state),
      hasCut: false,
    };
    this.cutOff = begun;
    try {
      this.#do(steps, begun);
    } catch (error) {
      if (error instanceof Failed) this.cutOff = undefined;
      throw error;
    }
    this.cutOff = undefined;
    return true;
  }

  /** Finishes or undoes what was cut off, as recover.ts does. */
  recover(retire: Goal['retire'], trouble = NONE): void {
    this.#trouble = trouble;
    this.#done = 0;
    const begun = this.cutOff;
    if (!begun) return;
    if (this.live?.token === begun.token) {
      const from = otherColour(begun.colour);
      const [one] = this.all[from];
      const before: State = { ...this.state, live: one && { colour: from, version: one.version ?? '', token: begun.token } };
      const goal: Goal = { how: 'resume', version: begun.built.version, services: begun.built.services, retire, backup: false };
      try {
        this.#do(planDeploy(before, goal), begun);
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        if (this.live?.token !== begun.token) this.#undoCutOff(begun, retire);
        throw error;
      }
    } else {
      this.#undoCutOff(begun, retire);
    }
    this.cutOff = undefined;
  }

  #undoCutOff({ command, built: { release } }: Begun, retire: Goal['retire']): void {
    for (const step of planPutBack(this.state, { command, release }, retire)) this.#putBack(step);
    this.cutOff = undefined;
  }

  /** The engine goes away and comes back: what ran runs again, by its restart policy. */
  reboot(): void {
    this.#watch(this);
  }

  /** The edge's volume is gone: it serves nothing, while what it served still runs. */
  loseEdge(): void {
    this.live = undefined;
    this.unverified = undefined;
    this.#previous = undefined;
    this.#watch(this);
  }

  #target(): [Built | undefined, 'rollback' | 'warm-rollback'] {
    const record = chooseTarget(this.records, undefined, this.live?.token ?? 0);
    const built = record && this.known.get(record.release);
    if (!built || !this.live) return [undefined, 'rollback'];
    const own = this.all[idleColour(this.state)].filter(({ release }) => release === built.release);
    const isWarm = built.services.every(({ name, role }) =>
      own.some(({ service, state }) => service === name && (role !== 'web' || state === 'running')),
    );
    return [built, isWarm ? 'warm-rollback' : 'rollback'];
  }

  #effect(change: () => void): void {
    const { fails, killed } = this.#trouble;
    if (this.#done >= killed) throw new Killed();
    if (this.#done >= fails) {
      // Once: undoing it works.
      this.#trouble = { fails: Number.POSITIVE_INFINITY, killed };
      throw new Failed();
    }
    this.#done++;
    change();
    this.#watch(this);
  }

  /** Steps beside each other take turns, in the order of the plan: any other order is another number of effects. */
  #do(steps: readonly Step[], begun: Begun): void {
    this.#undos = [];
    this.#recording = false;
    try {
      for (const step of grouped(steps).flat()) this.#step(step, begun);
    } catch (error) {
      // A release that is live but for its record is not taken back for want of it.
      if (!(error instanceof Failed) || this.#recording) throw error;
      const reversed = this.#undos.toReversed();
      for (const { action } of [...reversed.filter(({ traffic }) => traffic), ...reversed.filter(({ traffic }) => !traffic)]) action();
      throw error;
    }
  }

  #undo(action: () => void, traffic = false): void {
    this.#undos.push({ action, traffic });
  }

  #goBack(token: number): void {
    if (this.live?.token !== token && this.live?.canary?.token !== token) return;
    this.#effect(() => {
      this.live = this.#previous;
      this.unverified = undefined;
    });
  }

  #step(step: Step, begun: Begun): void {
    const { built, token } = begun;
    switch (step.kind) {
      case 'start-web':
        this.#undo(() => {
          for (const container of this.all[step.colour]) this.#remove(step.colour, container);
        });
        // Compose removes what the model does not have any more, and replaces what is another.
        for (const container of this.all[step.colour].filter(({ service }) => !built.services.some(({ name }) => name === service)))
          this.#remove(step.colour, container);
        for (const service of step.services) this.#replace(step.colour, service, built, 'running');
        break;
      case 'create-workers':
        for (const service of step.services) this.#replace(step.colour, service, built, 'created');
        break;
      case 'canary':
        this.#undo(() => this.#goBack(token), true);
        this.#effect(() => {
          const live = this.live as NonNullable<State['live']>;
          if (!live.canary) this.#previous = live;
          const { canary: _, ...alone } = live;
          this.live = { ...alone, canary: { token, colour: step.to, version: built.version, share: step.share } };
        });
        break;
      case 'cut':
        this.#undo(() => this.#goBack(token), true);
        this.#effect(() => {
          this.unverified = this.live?.colour;
          begun.hasCut = true;
          if (!this.live?.canary) this.#previous = this.live;
          this.live = { colour: step.to, version: built.version, token };
        });
        break;
      case 'take-up': {
        const { from } = step;
        if (from) {
          this.#undo(() => {
            if (this.live?.token !== token) return;
            this.#set(
              this.all[from].filter(({ role }) => role === 'web'),
              'running',
            );
            this.#goBack(token);
          }, true);
        }
        this.#set(
          this.all[step.to].filter(({ role }) => role === 'web'),
          'running',
        );
        break;
      }
      case 'verify':
        this.#effect(() => {
          this.unverified = undefined;
        });
        break;
      case 'start-workers':
        this.#undo(() =>
          this.#set(
            this.running(step.colour).filter(({ service }) => step.services.includes(service)),
            'exited',
          ),
        );
        this.#set(
          this.all[step.colour].filter(({ service }) => step.services.includes(service)),
          'running',
        );
        break;
      case 'hand-over': {
        const old = this.running(step.from).filter(({ service }) => step.old.includes(service));
        this.#undo(() => {
          this.#set(
            this.running(step.to).filter(({ service }) => step.services.includes(service)),
            'exited',
          );
          this.#set(old, 'running');
        });
        this.#set(old, 'exited');
        this.#set(
          this.all[step.to].filter(({ service }) => step.services.includes(service)),
          'running',
        );
        break;
      }
      case 'retire': {
        const old = this.running(step.colour);
        this.#undo(
          () =>
            this.#set(
              old.filter(({ role }) => step.mode === 'stop' || role !== 'web'),
              'running',
            ),
          true,
        );
        this.#set(
          old.filter(({ role }) => role !== 'web'),
          'exited',
        );
        if (step.mode === 'stop') {
          this.#set(
            old.filter(({ role }) => role === 'web'),
            'exited',
          );
        }
        break;
      }
      case 'record':
        this.#recording = true;
        this.#effect(() => {
          this.#recording = false;
          const { version, release } = built;
          this.records.push({ token, at: '', release, version, colour: begun.colour, revision: undefined, images: [] });
        });
        break;
      default:
        // Nothing that the plans look at; a kill may come all the same.
        this.#effect(() => {});
        break;
    }
  }

  #putBack(step: PutBackStep): void {
    switch (step.kind) {
      case 'revert':
        this.#effect(() => {
          this.live = this.#previous;
        });
        break;
      case 'drained':
        this.#effect(() => {});
        break;
      case 'remove':
        for (const container of step.containers) {
          const colour = colours.find((one) => this.all[one].includes(container));
          if (colour) this.#remove(colour, container);
        }
        break;
      default:
        this.#set(step.containers, step.kind === 'start' ? 'running' : 'exited');
        break;
    }
  }

  /** One at a time: a kill comes between two of them. */
  #set(containers: readonly ContainerState[], state: 'running' | 'exited'): void {
    for (const { id } of containers) {
      this.#effect(() => {
        for (const colour of colours) this.all[colour] = this.all[colour].map((one) => (one.id === id ? { ...one, state } : one));
      });
    }
  }

  #remove(colour: Colour, { id }: ContainerState): void {
    this.#effect(() => {
      this.all[colour] = this.all[colour].filter((one) => one.id !== id);
    });
  }

  #replace(colour: Colour, service: string, { version, release, services }: Built, state: 'running' | 'created'): void {
    const id = `${colour}-${service}-${release}`;
    const there = this.all[colour].find((one) => one.service === service);
    if (there && there.release !== release) this.#remove(colour, there);
    const role = services.find(({ name }) => name === service)?.role;
    const made = containerState(service, { id, name: `shop-${colour}-${service}-1`, version, release, role, state });
    this.#effect(() => {
      const others = this.all[colour].filter((one) => one.service !== service);
      const own = this.all[colour].find((one) => one.id === id);
      this.all[colour] = [...others, own?.state === 'running' ? own : made];
    });
  }
}
