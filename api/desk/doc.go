// Package desk answers agents and supervisors: what they read of conversations, the commands that they give, and their presence. The
// ledger judges whether a command is allowed.
package desk
