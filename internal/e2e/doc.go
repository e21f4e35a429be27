// Package e2e tests the whole system as its users meet it: the built program, started by `wxdesk dev` as separate
// processes beside a real Postgres and a real Temporal server, spoken to over HTTP, with the simulator as WeChat.
//
// The tests look only at what an outsider can see: what a customer has on the screen, what the HTTP API answers, what
// stands in Temporal's histories, and which processes live. They kill processes for real.
package e2e
