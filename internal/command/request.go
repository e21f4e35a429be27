package command

import (
	"errors"

	"wxdesk/internal/conversation"
)

// ErrKeyReused: the Idempotency-Key came with another request before.
var ErrKeyReused = errors.New("command: the idempotency key was used for another request")

// HTTPRequest is a request that must have one effect however often it is sent.
type HTTPRequest struct {
	Tenant   conversation.Tenant
	ActorID  string // who asks: see Principal
	Method   string
	Path     string
	Key      string   // the Idempotency-Key
	BodyHash [32]byte // SHA-256 of body and If-Match; the ledger keeps it keyed
}

// Request is what a person asks of a conversation, with the key under which it has one effect however often it is sent.
type Request struct {
	HTTPRequest
	Command            // its ID is empty: the ledger makes one
	Text        string // of reply, note, set-context and set-skills; never in a history
	Traceparent string // W3C trace context of the request
}
