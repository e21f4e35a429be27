// Package routing decides what becomes of work for people: which queue a conversation goes to, and which agent is asked.
// It is pure: no I/O, no clock, no randomness; time and chance come in as arguments.
//
// A conversation that needs a person goes three steps, each of which leaves a trace:
//
//	classify            route to queue               choose an agent
//	rules add needs ──▶ the first matching queue ──▶ the queue's method, among those who
//	(skills, priority)  that can take it             fit and have room
package routing
