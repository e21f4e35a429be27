// Package desk answers agents and supervisors: what they read of conversations, the commands that they give, their presence, and the
// event stream that tells a desk what happens. The ledger judges whether a command is allowed.
package desk
