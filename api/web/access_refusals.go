package web

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// Audit records refused access.
type Audit interface {
	// RecordRefusals adds them to the audit.
	RecordRefusals(ctx context.Context, list []access.Denials) error
}

const (
	// refusalsEvery is how long refusals of one kind from one network are counted together.
	refusalsEvery = time.Minute
	// maxRefusals is how many kinds and networks are counted apart in that time. The rest is counted without its network.
	maxRefusals = 100
	// maxUnrecorded is how many wait for the ledger to come back.
	maxUnrecorded = 1000
	recordWithin  = 5 * time.Second

	unknownActor = "unknown" // of refusals without an API token that counts
)

// accessRefusals counts refused access, so that a flood of tries makes one line of the log and one row of the audit in each minute.
// It is safe for concurrent use.
type accessRefusals struct {
	log   *slog.Logger
	audit Audit

	mu         sync.Mutex
	counts     map[access.Denial]int
	unrecorded []access.Denials // only run touches it
}

func newAccessRefusals(log *slog.Logger, audit Audit) *accessRefusals {
	return &accessRefusals{log: log, audit: audit, counts: map[access.Denial]int{}}
}

// add counts a refusal. who is the zero value if no API token counted.
func (r *accessRefusals) add(kind access.DenialKind, from netip.Prefix, who access.Principal) {
	what := access.Denial{Tenant: who.Tenant, Actor: who.ActorID(), Kind: kind, Network: from.String()}
	if who.ActorID() == "" {
		what.Tenant, what.Actor = conversation.DefaultTenant, unknownActor
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.counts[what]; !known && len(r.counts) >= maxRefusals {
		what = access.Denial{Tenant: conversation.DefaultTenant, Actor: unknownActor, Kind: kind}
	}
	r.counts[what]++
}

// run records refusals once a minute, and a last time when ctx ends.
func (r *accessRefusals) run(ctx context.Context) {
	ticker := time.NewTicker(refusalsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			r.record(ctx)
		case <-ctx.Done():
			r.record(context.WithoutCancel(ctx))
			return
		}
	}
}

func (r *accessRefusals) record(ctx context.Context) {
	r.mu.Lock()
	counts := r.counts
	r.counts = map[access.Denial]int{}
	r.mu.Unlock()
	for what, n := range counts {
		r.log.WarnContext(ctx, "access refused", "kind", string(what.Kind), "network", what.Network, "actor", what.Actor, "count", n)
		r.unrecorded = append(r.unrecorded, access.Denials{Denial: what, Count: n})
	}
	if len(r.unrecorded) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, recordWithin)
	defer cancel()
	if err := r.audit.RecordRefusals(ctx, r.unrecorded); err != nil {
		r.log.ErrorContext(ctx, "record of refused access failed", "error", err)
		r.unrecorded = r.unrecorded[max(0, len(r.unrecorded)-maxUnrecorded):]
		return
	}
	r.unrecorded = nil
}
