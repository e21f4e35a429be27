// Package callback takes WeChat's callbacks. It verifies the sender of a callback, decrypts the callback in memory to learn which
// customer and what it concerns, and hands it over durably, still encrypted. Only then it answers. A callback that Temporal cannot
// take in time waits in the spool (spool.go).
//
// It answers within 4.6 s, whatever is stalled behind it. A sender who is not WeChat learns nothing. The conversation's run finds out
// what a message means.
package callback
