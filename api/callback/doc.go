// Package callback takes WeChat's callbacks. It proves who sent one, decrypts it in memory to learn whom and what it concerns, and
// hands it over durably, still encrypted; only then it answers. What Temporal cannot take in time waits in the spool.
//
// It answers within 4.6 s whatever is stalled behind it, and tells a sender who is not WeChat nothing. What a message means is
// left to the conversation's run.
package callback
