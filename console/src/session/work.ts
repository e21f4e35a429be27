import { notifications } from "@mantine/notifications";
import type { TFunction } from "i18next";
import { asRefusal } from "../api/problems";
import { store } from "../live/store";
import { unlockSound } from "../ui/sound";
import { problemText } from "../words/problem";
import { endWork, signOut, startWork } from "./session";

/** beginShift is the one gesture that opens the shift: it unlocks sound, asks for notifications, and lets customers come. */
export async function beginShift(t: TFunction): Promise<void> {
  void unlockSound();
  if ("Notification" in globalThis && Notification.permission === "default") void Notification.requestPermission();
  await orSay(t, startWork);
}

export async function finishShift(t: TFunction): Promise<void> {
  await orSay(t, async () => {
    await endWork();
    notifications.show({ message: t("presence.ended") });
  });
}

/** signOutOrSay asks where something would be lost, and says so where the session could not be ended: who walks away must know. */
export async function signOutOrSay(t: TFunction): Promise<void> {
  if (store.wouldLose() && !confirm(t("signIn.wouldLose"))) return;
  const refusal = await signOut();
  if (refusal) notifications.show({ message: problemText(t, refusal), color: "red" });
}

/** orSay does something, and says in words why it could not be done. */
export async function orSay(t: TFunction, act: () => Promise<unknown>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (thrown) {
    notifications.show({ message: problemText(t, asRefusal(thrown)), color: "red" });
    return false;
  }
}
