// Package delivery has what passes between the ledger and an attempt to send a message to a customer. It is pure. The ledger marks a
// message before an attempt calls WeChat, so that no message is sent twice.
package delivery
