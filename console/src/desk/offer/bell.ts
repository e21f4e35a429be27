import { api, attempt } from "../../api/client";
import { now } from "../../live/clock";
import { onEvent } from "../../live/live";
import type { State } from "../../live/state";
import { store } from "../../live/store";
import { mine } from "../../live/work";
import { preferred } from "../../session/preferences";
import { me } from "../../session/session";
import { icon } from "../../ui/assets";
import { ring, soundWorks, tick } from "../../ui/sound";

/** Words are what the bell says outside the page. They hold nothing that a customer said. */
export interface BellWords {
  notification: string;
  body: string;
  mark: string;
}

const ringing = new Map<string, () => void>();

/**
 * watchBell rings for offers until they are answered, shows a notification while the page is hidden, and keeps the title and the icon
 * true. It works in the task in which the stream's bytes arrive, because a hidden tab's timers and frames do not.
 */
export function watchBell(words: () => BellWords, open: () => void): () => void {
  const look = () => {
    const state = store.get();
    for (const [id, offer] of Object.entries(state.offers)) {
      const key = offer.assignment_id;
      if (ringing.has(key)) continue;
      ringing.set(key, begin(id, key, Date.parse(offer.deadline), words(), open));
    }
    const standing = new Set(Object.values(state.offers).map(offer => offer.assignment_id));
    for (const [key, stop] of ringing) {
      if (standing.has(key)) continue;
      stop();
      ringing.delete(key);
    }
    showOutside(state, words().mark);
  };
  look();
  const stopWatching = store.watch(look);
  const stopEvents = onEvent(event => {
    if (event.name !== "message" || event.data.author !== "customer") return;
    const c = store.get().conversations[event.data.conversation_id];
    if (c && c.agent_id === store.get().agent && loud()) tick(preferred(me()?.preferences).volume);
  });
  return () => {
    stopWatching();
    stopEvents();
    for (const stop of ringing.values()) stop();
    ringing.clear();
  };
}

function begin(id: string, assignment: string, deadline: number, words: BellWords, open: () => void): () => void {
  const seconds = Math.max(0, (deadline - now()) / 1000);
  const rings = loud() && soundWorks();
  const silence = rings ? ringHere(assignment, seconds) : () => {};
  const note = document.hidden ? notify(words, open) : null;
  if (document.hidden && (rings || note)) void seen(id, assignment);
  return () => {
    silence();
    note?.close();
  };
}

/** ringHere rings unless another tab of this browser rings for the same offer. */
function ringHere(assignment: string, seconds: number): () => void {
  const { volume } = preferred(me()?.preferences);
  if (!navigator.locks) return ring(seconds, volume);
  let isOver = false;
  let end = () => {
    isOver = true;
  };
  void navigator.locks.request(`wxdesk-ring-${assignment}`, { ifAvailable: true }, lock => {
    if (!lock || isOver) return;
    const silence = ring(seconds, volume);
    return new Promise<void>(resolve => {
      end = () => {
        silence();
        resolve();
      };
    });
  });
  return () => end();
}

const toldWithin = 5000;
const againAfter = 400;

/** seen says that the offer was painted, or rings where nothing is painted. Unsaid for five seconds, it goes to the next agent. */
export async function seen(id: string, assignment: string, began = now()): Promise<void> {
  const { refusal } = await attempt(
    api.POST("/v1/conversations/{id}/seen", { params: { path: { id } }, body: { assignment_id: assignment } }),
  );
  if (refusal?.mayHaveWorked && now() - began < toldWithin) setTimeout(() => void seen(id, assignment, began), againAfter);
}

function loud(): boolean {
  const { sounds } = preferred(me()?.preferences);
  return sounds === "on" || (sounds === "hidden" && document.hidden);
}

function notify(words: BellWords, open: () => void): Notification | null {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return null;
  try {
    const shown = new Notification(words.notification, { body: words.body, tag: "wxdesk-offer", requireInteraction: true });
    shown.onclick = () => {
      focus();
      open();
      shown.close();
    };
    return shown;
  } catch {
    return null; // phones allow them to service workers only
  }
}

let shownIcon = false;

function showOutside(state: State, mark: string): void {
  const offers = Object.keys(state.offers).length;
  const unanswered = mine(state).filter(c => c.unanswered_since && c.state === "active").length;
  const title = offers > 0 ? `(${offers}) ${mark} wxdesk` : unanswered > 0 ? `(${unanswered}) wxdesk` : "wxdesk";
  if (document.title !== title) document.title = title;
  const waits = offers > 0 || unanswered > 0;
  if (waits === shownIcon) return;
  shownIcon = waits;
  document.querySelector("link[rel=icon]")?.setAttribute("href", icon(waits));
}
