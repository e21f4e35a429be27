import { useSyncExternalStore } from "react";
import type { DeskEvent } from "../api/model";
import type { Refusal } from "../api/problems";
import { apply, type Read } from "./apply";
import { lead } from "./leader";
import { forgetWanted, setMeReader, want } from "./reads";
import { empty } from "./state";
import { store } from "./store";
import { follow, type Link } from "./stream";

/** Between tabs of one browser and one person: what the leading tab hears, the others hear from it. */
type Word =
  | { kind: "event"; event: DeskEvent; cursor: string }
  | { kind: "cursor"; cursor: string }
  | { kind: "opened" }
  | { kind: "link"; link: Link }
  | { kind: "hello" }
  | { kind: "signed-out" };

export interface Start {
  /** Names the person, so that tabs of different people never mix. */
  person: string;
  agent: string | null;
  /** Whether only what concerns this agent is wanted, although the person may see more. */
  onlyMine: boolean;
  readMe: () => Promise<Refusal | null>;
  /** The session is over. What is written stays. */
  signedOut: () => void;
  /** The person has signed out in another tab. */
  left: () => void;
}

let link: Link = { state: "connecting", heard: 0 };
const linkWatchers = new Set<() => void>();
const eventWatchers = new Set<(event: DeskEvent) => void>();
let stop: () => void = () => {};
let tell: (word: Word) => void = () => {};

/** start begins to follow what happens. Starting again ends what was before. */
export function start(s: Start): void {
  end();
  const known = store.get();
  store.set(known.ready && known.agent === s.agent ? { ...known, stale: true } : { ...empty, agent: s.agent });
  setMeReader(s.readMe);
  const channel = new BroadcastChannel(`wxdesk-${s.person}`);
  const say = (word: Word) => channel.postMessage(word);
  tell = say;
  let cursor = "";
  let leading = false;
  let readOnce = false;
  const readAll = () => {
    if (readOnce) store.set({ ...store.get(), stale: true }); // between two streams something may have been missed
    readOnce = true;
    want([{ what: "work" }, { what: "me" }]);
  };
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.kind === "event") {
      cursor = data.cursor;
      happened(data.event);
    } else if (data.kind === "cursor") cursor = data.cursor;
    else if (data.kind === "opened") readAll();
    else if (data.kind === "link") {
      setLink(data.link);
      if (data.link.state === "open" && !readOnce) readAll();
    } else if (data.kind === "hello") {
      if (leading) say({ kind: "link", link });
    } else s.left();
  };
  const follows = () => {
    leading = true;
    return follow(s.onlyMine ? "/v1/events?only=mine" : "/v1/events", cursor, {
      opened(resumed) {
        if (resumed && readOnce) return;
        readAll();
        say({ kind: "opened" });
      },
      event(event, at) {
        cursor = at;
        happened(event);
        say({ kind: "event", event, cursor: at });
      },
      cursor(at) {
        cursor = at;
        say({ kind: "cursor", cursor: at });
      },
      link(next) {
        setLink(next);
        say({ kind: "link", link: next });
      },
      signedOut: s.signedOut,
    });
  };
  const stopLeading = s.agent ? lead(`wxdesk-stream-${s.person}`, follows) : () => {}; // who answers nobody needs no stream
  say({ kind: "hello" });
  stop = () => {
    stopLeading();
    channel.close();
    tell = () => {};
  };
}

/** end stops listening. What is known stays until forget. */
export function end(): void {
  stop();
  stop = () => {};
  forgetWanted();
  setLink({ state: "connecting", heard: 0 });
}

/** signOutEverywhere has the other tabs of this browser forget too. */
export function signOutEverywhere(): void {
  tell({ kind: "signed-out" });
}

function happened(event: DeskEvent): void {
  const { state, reads } = apply(store.get(), event);
  store.set(state);
  if (event.name === "reset") spread(reads);
  else want(reads);
  for (const watcher of eventWatchers) watcher(event);
}

/** spread reads at some moment of the next two seconds: a reset comes to all desks at once. */
function spread(reads: Read[]): void {
  setTimeout(() => want(reads), Math.random() * 2000);
}

/** onEvent has a watcher see each event in the task in which it came: a hidden tab's timers are late, its stream is not. */
export function onEvent(watcher: (event: DeskEvent) => void): () => void {
  eventWatchers.add(watcher);
  return () => eventWatchers.delete(watcher);
}

function setLink(next: Link): void {
  link = next;
  for (const changed of linkWatchers) changed();
}

export const theLink = (): Link => link;

/** onLink has a watcher see how the line becomes. */
export function onLink(watcher: (link: Link) => void): () => void {
  const changed = () => watcher(link);
  linkWatchers.add(changed);
  return () => linkWatchers.delete(changed);
}

export function useLink(): Link {
  return useSyncExternalStore(onLink, theLink);
}
