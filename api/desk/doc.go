// Package desk answers agents and supervisors: what they read of conversations, what they do with them, their presence, and the
// event stream by which a desk hears what happens. Whether an act is allowed is the ledger's to judge.
package desk
