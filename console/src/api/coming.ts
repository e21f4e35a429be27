// What the desk shows and the API does not tell yet. conversationOf fills in what is missing, and what the API tells counts. This file goes
// when the description has all of it: then the types of model.ts are those of schema.ts.
import { api, attempt } from "./client";
import type { Conversation, ToldConversation, ToldWork, Work } from "./model";

/** A customer's message allows five replies (docs/glossary.md, reply allowance); a menu or a scan fewer. */
const repliesToMessage = 5;
const labelDigits = 4;

/** conversationOf is a conversation with all that the desk reads. */
export function conversationOf(told: ToldConversation): Conversation {
  const { customer, reply_allowance: allowance } = told;
  return {
    last: null,
    unanswered_since: null,
    answered_at: null,
    unread: 0,
    priority: 0,
    skills: [],
    ...told,
    customer: { label: customer.id.slice(-labelDigits).toUpperCase(), tags: [], ...customer },
    reply_allowance: { of: Math.max(allowance.left, repliesToMessage), opened_by: "", closed_at: null, ...allowance },
  };
}

/** workOf is my work with all that the desk reads. */
export function workOf(told: ToldWork): Work {
  return {
    more: { offers: false, mine: false, open: false },
    ...told,
    offers: told.offers.map(conversationOf),
    mine: told.mine.map(conversationOf),
    open: told.open.map(conversationOf),
  };
}

/** conversationsOf reads conversations one by one, for there is no list of those with given ids. again are those to be read once more. */
export async function conversationsOf(ids: string[]): Promise<{ found: Conversation[]; asked: string[]; again: string[] }> {
  const answers = await Promise.all(
    ids.map(async id => ({ id, ...(await attempt(api.GET("/v1/conversations/{id}", { params: { path: { id } } }))) })),
  );
  const again = answers.filter(answer => answer.refusal?.mayHaveWorked).map(answer => answer.id);
  return {
    found: answers.flatMap(answer => (answer.value ? [conversationOf(answer.value)] : [])),
    asked: ids.filter(id => !again.includes(id)),
    again,
  };
}
