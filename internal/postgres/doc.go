// Package postgres is the ledger: the SQL statements of the serving processes, each beside the function that runs it. This folder has
// what all of them share: the pool of connections, transactions, errors, listening, migrations, and small things for rows. The
// statements are in the rooms below it, one for each subject. A room's DB is its part of the ledger; all are made over one Pool. A
// room knows only those below it in this list:
//
//	upkeep                            deletes what is old, repairs what crashes left, compares, seals anew
//	agents                            agents, and what happens to their work when they leave
//	distribution                      finds agents for waiting conversations
//	act                               what agents and supervisors do in a conversation
//	decision                          what rules are asked, and what follows from it
//	transcript                        what is said: received, answered, sent
//	view                              what agents and supervisors are shown
//	standing                          locks a conversation, has the rule book judge it, writes what follows
//	intake                            what the callback endpoint hands over: spool, events, quarantine
//	tokens                            API tokens, sessions of the codec endpoint
//	accounts                          official accounts with their secrets, bots, answers of the FAQ
//	setup                             queues, workstreams, skills, hours, profiles, rulesets, settings, customers
//	presence                          agents' presence and connections
//	capacity                          what agents have to do, and whether they have room for more
//	resource                          what the parts of the set-up have in common
//	permits                           the limit of sends to WeChat
//	sealing, notify, audit            seals values; writes feed events, notices to runs and triggers; notes who changed what
//
// What all of it promises:
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
// id, their assignments, agents by id, users by id. These rows are locked `for no key update`. A part of the set-up is locked `for key share`
// when something begins to refer to it, and `for update` before it is removed (package resource). A statement that skips locked rows waits
// for nothing, so it may come out of this order. Time is Postgres's clock.
package postgres
