// Package e2e is the folder of the tests of the whole system. They meet wxdesk as its users do: the built program, started by
// `wxdesk dev` as separate processes beside a real Postgres and a real Temporal server, called over HTTP, with the simulator as WeChat.
//
// The tests look only at what can be seen from outside: a customer's screen, the answers of the HTTP API, the tables, Temporal's
// histories, and which processes live. They kill processes for real.
//
// Each room below is a package that the Makefile runs by its folder. How a room is run is the same for all its tests:
//
//	harness           starts everything and speaks to it; the other rooms import it
//	story             what customers, agents and administrators do; the replay of histories; upgrades (make test)
//	chaos             processes die, hang and lose each other; the judge of what is left (make faults, make chaos)
//	promises          the promises of docs/reliability.md that have full numbers (make faults, make promises)
//	overload          one customer's flood, a full disk (make faults, make promises)
//	overload/attack   more than the system can take; without the race detector (make faults, make promises)
//	overload/flood    too long for a check (make promises)
//	bench             benchmarks (make bench)
package e2e
