// Package feed has the events that agents and supervisors are told, in one order, and the connections that the events go to. It is pure.
// Package postgres/notify writes and reads the feed, and api/events streams it.
package feed
