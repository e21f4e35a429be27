// Package conversation is the rule book: what a conversation is, which states it may be in, who holds it, how often and
// until when a business may still answer, and what follows from a message. It is pure: no I/O, no clock, no randomness;
// time comes in as an argument.
//
// A conversation is one run of talk between one customer and one official account. It begins with the customer's first
// message and ends when it is closed; closed is final, and what the customer writes afterwards begins the next one.
//
//	        first message                  wish for a person, or no bot
//	(none) ───────────────▶ active (bot) ───────────────────────────────▶ open (queue)
//	                           │                                            │
//	                           │ idle, bot ends, closed by hand, unfollowed │
//	                           └──────────────────▶ closed ◀────────────────┘
//
// A conversation that a bot holds counts as active. The remaining states, in which agents take part, are named here
// because the HTTP API already promises their spelling.
package conversation
