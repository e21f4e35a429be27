// Package workflows is the durable life of a conversation: it decides, waits and remembers, and never touches the world.
//
// One run is one conversation, from the customer's first message to its close; long ones continue as new. What happens:
//
//	door ──customer-wrote──▶ pending ──Receive──▶ turns ──Ask──▶ sends ──Send──▶ customer
//	                                                │
//	                                                └─ escalation ──Route──▶ open, in a queue
//
// The loop in run.go does one thing at a time, except that one Ask and one Send may be under way while it goes on
// receiving. Everything that must survive continue-as-new is in State, or, where it may be more than Temporal takes, in the
// ledger (backlog.go).
package workflows
