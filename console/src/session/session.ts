import { useSyncExternalStore } from "react";
import { api, attempt, got, onAnswer } from "../api/client";
import type { Me, PreferencesChange } from "../api/model";
import type { Refusal } from "../api/problems";
import { queryClient } from "../api/queries";
import { end, signOutEverywhere, start } from "../live/live";
import { store } from "../live/store";
import { switchKeys } from "../ui/keys";
import { languageOf, speak } from "../words/words";

/** Phase is how far signing in is. "expired" keeps the page and what is written on it, under a dialog. */
export type Phase = "loading" | "out" | "in" | "expired";

interface Standing {
  phase: Phase;
  me: Me | null;
}

let standing: Standing = { phase: "loading", me: null };
const watchers = new Set<() => void>();

function set(next: Standing): void {
  standing = next;
  for (const changed of watchers) changed();
}

export function useSession(): Standing {
  return useSyncExternalStore(
    changed => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    () => standing,
  );
}

/** useMe is the person who is signed in; pages that need one are shown to nobody else. */
export function useMe(): Me {
  const { me } = useSession();
  if (!me) throw new Error("nobody is signed in");
  return me;
}

export const me = (): Me | null => standing.me;

onAnswer(answer => {
  const asksToSignIn = answer.url.includes("/v1/session");
  if (answer.status === 401 && !asksToSignIn && standing.phase === "in") expire();
});

function expire(): void {
  if (standing.phase !== "in") return;
  end();
  set({ ...standing, phase: "expired" });
}

// One signs in again once, not in every tab of the browser.
for (const moment of ["visibilitychange", "focus"])
  addEventListener(moment, () => document.hidden || standing.phase !== "expired" || void comeBack());

async function comeBack(): Promise<void> {
  const { value } = await attempt(api.GET("/v1/me"));
  if (value && standing.phase === "expired") await welcome(value);
}

/** arrive asks who we are, at the start of the page. */
export async function arrive(): Promise<void> {
  const { value, refusal } = await attempt(api.GET("/v1/me"));
  if (value) await welcome(value);
  else if (refusal.signedOut) set({ phase: "out", me: null });
  else setTimeout(() => void arrive(), 3000);
}

export async function signIn(name: string, password: string): Promise<Refusal | null> {
  const { value, refusal } = await attempt(api.POST("/v1/session", { body: { name, password } }));
  if (value) await welcome(value);
  return refusal;
}

/** signInByLink opens a session with a one-time code, and sets the password that is to be used from then on. */
export async function signInByLink(code: string, password?: string): Promise<Refusal | null> {
  const body = password === undefined ? { code } : { code, password };
  const { value, refusal } = await attempt(api.POST("/v1/session/link", { body }));
  if (value) await welcome(value);
  return refusal;
}

/** signOut ends the session and forgets everything, in all tabs. Where the session could not be ended it returns why, and nothing is over. */
export async function signOut(): Promise<Refusal | null> {
  const { refusal } = await attempt(api.DELETE("/v1/session"));
  if (refusal && !refusal.signedOut) return refusal;
  signOutEverywhere();
  leave();
  return null;
}

/** leave forgets everything: nothing that customers said stays in the page. */
function leave(): void {
  end();
  store.forget();
  queryClient.clear();
  set({ phase: "out", me: null });
  history.replaceState(null, "", "/sign-in");
  location.reload(); // what components remember goes too
}

async function welcome(found: Me): Promise<void> {
  const before = standing.me;
  const another = before !== null && identity(before) !== identity(found);
  if (another) return leave();
  switchKeys(found.preferences.shortcuts ?? true);
  await speak(languageOf(found.locale));
  start({
    person: identity(found),
    agent: found.agent?.agent_id ?? null,
    onlyMine: found.role !== "agent",
    readMe,
    signedOut: expire,
    left: leave,
  });
  set({ phase: "in", me: found });
}

const identity = (m: Me): string => m.user_id ?? m.name;

/** readMe takes over how this person stands now: presence, capacity, shift. */
export async function readMe(): Promise<Refusal | null> {
  const { value, refusal } = await attempt(api.GET("/v1/me"));
  if (refusal || standing.phase !== "in") return refusal;
  set({ phase: "in", me: value });
  const presence = value.agent;
  if (presence)
    store.set({
      ...store.get(),
      presence: { presence: presence.presence, manual: presence.manual, custom: presence.custom_presence },
    });
  return null;
}

/** prefer changes preferences and shows them at once; what the API refuses is undone. */
export async function prefer(change: PreferencesChange): Promise<Refusal | null> {
  const before = standing.me;
  if (!before) return null;
  show({ ...before, ...(change.locale ? { locale: change.locale } : {}), preferences: { ...before.preferences, ...change } });
  const { value, refusal } = await attempt(api.PATCH("/v1/me/preferences", { body: change }));
  if (value && standing.me) show({ ...standing.me, preferences: value });
  if (refusal) show(before);
  return refusal;
}

function show(m: Me): void {
  switchKeys(m.preferences.shortcuts ?? true);
  void speak(languageOf(m.locale));
  set({ ...standing, me: m });
}

export async function startWork(): Promise<void> {
  await got(api.PUT("/v1/me/shift"));
  await readMe();
}

export async function endWork(): Promise<void> {
  await got(api.DELETE("/v1/me/shift"));
  await readMe();
}
