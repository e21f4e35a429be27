// Package callback has what passes from the callback endpoint to Receive, and what becomes of it.
//
//	Received ──▶ Arrival ──▶ Receipt
//
// A Received is verified and still encrypted. Receive opens it, which makes an Arrival, and writes it, which is answered with a Receipt.
// A callback that concerns no conversation is an Event. One that nobody can read goes to quarantine. What callbacks show about an
// account's set-up is kept as Records.
//
// It is pure. Package api/callback is the endpoint, activities has Receive, and
// internal/postgres/intake and internal/postgres/transcript store.
package callback
