// Package harness runs wxdesk for the tests of the whole system, and speaks to it as its users do.
//
// Start runs `wxdesk dev` in a folder of its own and returns a System. A Customer writes on the simulator's phone, an Agent commands
// conversations over the HTTP API, and an AgentConnection is an agent's event stream. A Process is a second API or worker. Balancer
// and Link stand on the way between processes, so that tests can disturb it. CallbackAccount and AgentGroup make more load than the
// simulator can.
//
// A method that has no error as its result fails the test where something goes wrong. Everything that is started ends with the test.
//
// A room's TestMain is harness.Main, which builds the program under test. Only tests import this package; internal/archtest checks
// that it never becomes a part of the program.
package harness
