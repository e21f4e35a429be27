package admin

import (
	"wxdesk/api/admin/validation"
)

// Ports is who keeps what administrators set up.
type Ports struct {
	Accounts      Accounts
	AccountChecks validation.AccountChecks
	Platform      Platform
	Bots          Bots
	FAQ           FAQ
	Setup         Setup
	Tokens        Tokens
}

// Setup keeps the set-up of people: where conversations wait, who takes them, and how they get there. Each part has the five
// methods of accounts: created with a new id, read, listed oldest first, updated where its version is still the one given
// (ErrVersion otherwise), and deleted unless something needs it (ErrInUse). What points to nothing is a
// routing.UnknownError.
type Setup interface {
	Workstreams
	Queues
	OperatingHours
	Skills
	CapacityProfiles
	CustomPresences
	Agents
	Customers
	Rulesets
	Settings
}
