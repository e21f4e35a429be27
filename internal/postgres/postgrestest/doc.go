// Package postgrestest has what the tests of the ledger share: a database of their own, with all rooms over it, and people at work.
package postgrestest
