// Package events answers agents and supervisors with the event stream, which tells a desk what happens while it happens: who is told what,
// from where a stream goes on, and when it ends. An agent who follows it is connected, and the ledger is told so.
package events
