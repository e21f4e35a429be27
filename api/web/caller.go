package web

import (
	"context"
	"crypto/sha256"

	"wxdesk/internal/access"
)

// Caller is who sends a request, where from, and what identifies the request's body.
type Caller struct {
	access.Principal
	Client
	BodyHash [sha256.Size]byte
}

type callerKey struct{}

// CallerOf returns who sends a request: nobody, where the operation is for everybody. Every operation has a guard, so there always is
// an answer.
func CallerOf(ctx context.Context) Caller { return ctx.Value(callerKey{}).(Caller) }

// Actor is the caller as the audit names them.
func (c Caller) Actor() access.Actor {
	return access.Actor{Tenant: c.Tenant, Name: c.ActorID()}
}
