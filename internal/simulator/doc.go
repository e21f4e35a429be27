// Package simulator is a WeChat that fits on a laptop: accounts, customers with a phone, the sender of callbacks, and the
// part of the HTTP API that a contact centre calls.
//
//	customer's phone  ──►  simulator  ── callback, encrypted, 5 s, three attempts ──►  the account's server
//	                  ◄──             ◄── passive reply, /cgi-bin/message/custom/send ──
//
// It is a judge as well as a double. It has its own cipher, its own signature and its own reading of the rules, and shares no
// code with what it judges: a mistake made twice the same way is a mistake nobody sees. If WeChat's behaviour is not known it
// takes the stricter reading, so that what passes here passes there; docs/simulator.md lists what is modelled, after which
// source, and what is not.
//
// Promises. What the control API or the WeChat API has answered is in the state file, and a SIGKILL does not lose it: every
// change is one line of a journal, written before the answer. A callback under way when the process dies goes on with its next
// attempt when the process returns. Every message a customer gets is on that customer's screen, in order, with the channel it
// came by. The simulator's clock moves reply windows, tokens, quotas and media; it never moves the time in a callback.
//
// The rooms, each of which knows only those to its right (internal/archtest):
//
//	control ──► phone ──► platform ──► delivery ──► state ──► envelope, random
//
// control steers it, phone is what a customer holds, platform is WeChat's HTTP API, delivery sends callbacks and judges the answers, state
// remembers, envelope encrypts and signs. This package puts them together. simulatortest is the world of their tests.
//
// It logs identifiers of accounts and messages, never an openid or what was said. It is meant for loopback: its control API has
// no login.
package simulator
