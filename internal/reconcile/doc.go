// Package reconcile compares how the ledger says that open conversations stand with what their runs say. It is pure; the sub-command
// reconcile reads both sides.
package reconcile
