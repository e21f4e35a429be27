import { notifications } from "@mantine/notifications";
import type { TFunction } from "i18next";
import { newKey } from "../api/commands";
import type { Conversation, Done } from "../api/model";
import { asRefusal, type Refusal } from "../api/problems";
import { withConversation } from "../live/apply";
import { want } from "../live/reads";
import { store } from "../live/store";
import { problemText } from "../words/problem";

const tries = 4;

/**
 * act does a command and takes over the conversation as it is afterwards. One key goes with all tries, so that a command whose answer was
 * lost is not done twice. What is refused is said in words; the refusal is returned.
 */
export async function act(t: TFunction, command: (key: string) => Promise<Done>, quiet = false): Promise<Refusal | null> {
  const key = newKey();
  for (let n = 1; ; n++) {
    try {
      const { conversation } = await command(key);
      takeOver(conversation);
      want([{ what: "me" }]); // for the capacity that is taken
      return null;
    } catch (thrown) {
      const refusal = asRefusal(thrown);
      if (refusal.mayHaveWorked && n < tries) {
        await new Promise(resolve => setTimeout(resolve, refusal.retryAfter * 1000 || 400 * 2 ** n));
        continue;
      }
      const before = refusal.conversation && store.get().conversations[refusal.conversation.id];
      if (refusal.conversation) takeOver(refusal.conversation);
      if (!quiet) notifications.show({ message: refusalText(t, refusal, before ?? null), color: "red" });
      return refusal;
    }
  }
}

/** takeOver shows a conversation as a command left it. It is read again: a repeated answer is as old as the first one. */
export function takeOver(told: Conversation): void {
  store.set(withConversation(store.get(), told));
  want([{ what: "conversation", id: told.id }]);
}

/** refusalText says what changed meanwhile, where the API has shown it. */
function refusalText(t: TFunction, refusal: Refusal, before: Conversation | null): string {
  const after = refusal.conversation;
  if (refusal.type !== "stale-version" || !after || !before) return problemText(t, refusal);
  if (after.state !== before.state)
    return t("conversation.changed", { what: t("conversation.changedState", { state: t(`state.${after.state}`) }) });
  if (after.last_customer_at !== before.last_customer_at)
    return t("conversation.changed", { what: t("conversation.changedWrote") });
  return problemText(t, refusal);
}
