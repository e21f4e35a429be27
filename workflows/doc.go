// Package workflows is the durable run of a conversation: it decides, waits and remembers, and never touches the world.
//
// One run is one conversation, from the customer's first message to its close; long ones continue as new. The ledger is the
// queue: each of its answers says how the conversation stands and what it still owes, and the loop in run.go does the next
// thing that is owed:
//
//	customer-wrote ──▶ pending ──Receive──▶ Turn owed ──Ask──▶ Send owed ──Send──▶ customer
//	                                            │
//	                                            └─ HandOver owed ──Route──▶ open, in a queue
//
// The loop does one thing at a time, except that one Ask of a webhook and one Send over the queue may be under way while it goes
// on receiving. Everything that must survive continue-as-new is in State.
package workflows
