// Package postgres is the ledger: the SQL statements of the serving processes, each beside the function that runs it.
//
// What it promises:
//
//   - Every write is one transaction and may be repeated. The driver can lose the answer to a COMMIT, and then nobody
//     knows whether it happened; so the transaction runs again, and unique keys recognise what it has done before.
//   - A call ends shortly after its context does, also when Postgres has stopped answering altogether.
//   - What customers, bots and agents said, openids and secrets are sealed before they leave the process, each for the
//     row it belongs to: a ciphertext that was altered or moved to another row opens nowhere (secret.ErrUnavailable).
//   - An error says what was attempted and, by SQLSTATE and constraint, what Postgres refused. It never quotes a row.
//   - A tenant's rows are invisible to every other tenant: another's id is conversation.ErrNotFound, as is a malformed
//     one.
//
// A session keeps the statements it has prepared (prepared.go): Postgres reads and plans each of them once.
//
// Locks are taken in one order: the distribution, a command's key, queues by id, customer, conversation, delivery, work items by
// id, their assignments, agents by id. These rows are locked `for no key update`. A part of the set-up is locked `for key share`
// when something begins to refer to it, and `for update` before it is removed (setup.go). A statement that skips locked rows waits
// for nothing, so it may come out of this order. Time is Postgres's clock.
package postgres
