// Package conversation has the words that all other packages share, and the facts behind them: ids, states and holders, how a
// conversation stands and what it still owes, and how often and until when a business may still answer. It is pure: no I/O, no clock, no
// randomness; time comes in as an argument. Package lifecycle decides who may do what with a conversation. Accounts, callbacks, bots,
// commands and the feed are packages of their own, which stand on this one.
//
// A conversation is between one customer and one official account. It begins with the customer's first message and ends when it
// is closed. Closed is final: the customer's next message begins the next conversation.
//
//	        first message                  wish for a person, or no bot
//	(none) ───────────────▶ active (bot) ───────────────────────────────▶ open (queue)
//	                           │                                            │
//	                           │ idle, bot ends, closed by hand, unfollowed │
//	                           └──────────────────▶ closed ◀────────────────┘
//
// A conversation that a bot holds counts as active. Package lifecycle draws all states and the ways between them.
package conversation
