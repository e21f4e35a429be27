// Package devstack starts the real parts that wxdesk stands on, for `wxdesk dev` and for tests: Postgres, the Temporal
// dev server, and a Supervisor that runs them beside wxdesk's own processes.
//
// What it promises:
//
//   - It works as root and as an ordinary user. Postgres refuses to run as root; then it runs as another user, with
//     the data folder handed to that user, also below folders that only root may enter.
//   - Nothing outlives its parent, not even a parent that was killed with SIGKILL (Linux: the parent-death signal).
//   - What a killed run left behind (pid files, sockets, half-made data folders) does not stop the next one.
//   - Children stand in process groups of their own: Ctrl-C in a terminal reaches the parent only, and the parent stops
//     them in order.
//
// Three ways to use it: StartPostgres and StartTemporal give a running part to a test of its own; TestDatabase and
// TestNamespace give the tests of one binary a database or namespace each in parts that they share; Supervisor runs
// named processes for `wxdesk dev`.
//
// It knows nothing of the product: migrations are handed in as a function, wxdesk's own processes as commands. Other
// systems than Linux compile and run, but there a SIGKILLed parent leaves its children to the user.
package devstack
