// Package lifecycle is the rule book of a conversation's life: who may do what with it, and what follows from it. It is
// pure: no I/O, no clock, no randomness. The ledger locks and reads a Snapshot, asks one function of this package, and
// writes the answer: a Change, or for Send whether a message may go. The ledger itself decides nothing.
//
//	Decide           a person wants something: accept, reply, transfer, close …
//	Due              a time has come: an offer ends, a wait is over, a queue overflows
//	Wrote            the customer has written
//	Answered         the bot has answered, and may want people or the end
//	RequestHandOver  the bot has failed
//	HandOver         it is decided which queue the conversation goes to
//	Offer            the distribution has found an agent
//	Left             an agent has gone
//	Unfollowed       the customer has unfollowed the account
//	Send             a message to the customer is about to be sent
//	End, Void        the conversation ends, or its run is lost
//
// A conversation is in one of five states. Closed is final: what the customer writes afterwards begins the next
// conversation.
//
//	      the customer writes
//	(none) ──────────────────▶ active, held by the bot
//	   │                          │ hand-over
//	   │ the account has no bot   ▼
//	   └────────────────────▶ open, waits in a queue ◀─────────────────────────────────┐
//	                              │ ▲                                                  │
//	                     offered, │ │ rejected, missed, unseen, withdrawn,             │
//	                     picked,  │ │ released, transferred to a queue                 │
//	                     assigned ▼ │                                                  │
//	                           active, offered to an agent or held by one              │
//	                              │ ▲                    │ ▲                           │
//	                     put      │ │ resumed, its       │ │ the customer              │
//	                     aside    │ │ time comes   end   │ │ writes                    │
//	                              ▼ │                    ▼ │                           │
//	                           waiting                 wrap_up                         │
//	                              │ the customer writes    │ the agent goes for good    │
//	                              └────────────────────────┴───────────────────────────┘
//
//	from every state ──▶ closed: closed by hand or by force, idle, too long in its state, the queue overflows,
//	                     the bot ends it, the customer unfollows
//
// Three things change with a conversation, and each of them changes in one place here: where it stands (draft.move), its
// live assignment (draft.assign, draft.endAssignment), and its work item. A conversation has at most one live assignment
// and one work item that is not done.
//
// The end can be wished before it is possible, because messages are still on their way. From the wish on, nothing is asked
// of people any more, and every act but force-close is refused.
package lifecycle
