// Package control is the HTTP API under /_sim/ by which tests, start scripts and the phone page steer the simulator. docs/simulator.md
// documents it. It has no login: the simulator is meant for loopback.
//
// JSON in, JSON out. A mistake of the caller is a sentence with 400, 404 or 409; a simulator that is closed answers 503. Lists stand under
// `items`.
package control
