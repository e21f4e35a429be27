// Package webhook asks a program outside wxdesk over HTTP, by the protocol of docs/bots.md.
//
// It trusts nothing that such a program does. The program has limited time (webhook.go), is not called for a while when it keeps failing
// (circuit.go), and its texts are made harmless (tame.go) or refused (leak.go).
package webhook
