package apitest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Conversation finds what a viewer may see: here, supervisors and admins everything, an agent what they have or had.
func (w *World) Conversation(_ context.Context, v access.Viewer, id conversation.ID) (conversation.Conversation, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	for _, c := range w.KnownConversations {
		if c.ID == id && sees(v, c) {
			return c, nil
		}
	}
	return conversation.Conversation{}, conversation.ErrNotFound
}

func sees(v access.Viewer, c conversation.Conversation) bool {
	return v.Tenant == conversation.DefaultTenant && (v.AgentID == "" || v.AgentID == c.AgentID || v.AgentID == c.LastAgent)
}

// Conversations lists those of the world in their order, which is newest first.
func (w *World) Conversations(_ context.Context, v access.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	var found []conversation.Conversation
	for _, c := range w.KnownConversations {
		fits := (len(f.States) == 0 || slices.Contains(f.States, c.State)) && cmp.Or(f.QueueID, c.QueueID) == c.QueueID &&
			cmp.Or(f.AgentID, c.AgentID) == c.AgentID && cmp.Or(f.AccountID, c.AccountID) == c.AccountID
		if fits && sees(v, c) && (after.ID == "" || c.OpenedAt.Before(after.At)) {
			found = append(found, c)
		}
	}
	return found[:min(limit, len(found))], nil
}

// CountConversations counts all that a viewer may see, whatever the filter says.
func (w *World) CountConversations(_ context.Context, v access.Viewer, f conversation.Filter) (map[conversation.State]int, error) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.AskedFilter = f
	counts := map[conversation.State]int{}
	for _, c := range w.KnownConversations {
		if sees(v, c) {
			counts[c.State]++
		}
	}
	return counts, nil
}

func (w *World) Messages(ctx context.Context, v access.Viewer, id conversation.ID, afterSeq int64, limit int) ([]conversation.Message, error) {
	return part(ctx, w, v, id, w.KnownMessages, int(afterSeq), limit)
}

// Timeline answers with the world's entries, whatever part is asked for, and remembers what was asked.
func (w *World) Timeline(ctx context.Context, v access.Viewer, id conversation.ID, r conversation.TimelineRange) (conversation.Timeline, error) {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return conversation.Timeline{}, err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.AskedTimeline = r
	return w.KnownTimeline, nil
}

// Notes takes a note's place for its id.
func (w *World) Notes(ctx context.Context, v access.Viewer, id conversation.ID, after string, limit int) ([]conversation.Note, error) {
	from, _ := strconv.Atoi(after)
	return part(ctx, w, v, id, w.KnownNotes, from, limit)
}

func (w *World) RoutingTrace(ctx context.Context, v access.Viewer, id conversation.ID, after int64, limit int) ([]routing.TraceStep, error) {
	return part(ctx, w, v, id, w.KnownTrace, int(after), limit)
}

func part[T any](ctx context.Context, w *World, v access.Viewer, id conversation.ID, all []T, from, limit int) ([]T, error) {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return nil, err
	}
	rest := all[min(from, len(all)):]
	return rest[:min(limit, len(rest))], nil
}

func (w *World) Targets(ctx context.Context, v access.Viewer, id conversation.ID) (routing.Targets, error) {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return routing.Targets{}, err
	}
	return w.KnownTargets, nil
}

func (w *World) Work(context.Context, access.Viewer) (conversation.Work, error) {
	return w.KnownWork, nil
}

const (
	QueueA = "5b0f7d3e-9a51-4f0e-bb3d-1d2c3b4a5968"
	AgentA = "0c7c1a52-8d0e-4a8b-9d35-6a0a3c1f7e11"
	AgentB = "0c7c1a52-8d0e-4a8b-9d35-6a0a3c1f7e22"
)

// WithConversations is a world with n conversations, newest first; ConvA is the first.
func WithConversations(n int) *World {
	w := NewWorld()
	for i := range n {
		w.KnownConversations = append(w.KnownConversations, conversation.Conversation{
			ID:         conversation.ID(fmt.Sprintf("0190a6a5-7c1e-7f3a-8a1b-%012x", 0x0123456789ab+i)),
			AccountID:  AccountA,
			Customer:   conversation.Customer{ID: AccountB, AccountID: AccountA, OpenID: Customer},
			WorkflowID: "conversation/" + AccountA + "/hash",
			State:      conversation.StateActive,
			Holder:     conversation.HolderAgent,
			AgentID:    AgentA,
			Revision:   7,
			OpenedAt:   time.Date(2026, 11, 21, 3, 0, 0, 123456000, time.UTC).Add(-time.Duration(i) * time.Minute),
		})
	}
	return w
}

func Messages(n int) (all []conversation.Message) {
	for i := range n {
		all = append(all, conversation.Message{
			ID:  conversation.MessageID(fmt.Sprintf("0190a6a5-7c1e-7f3a-8a1b-%012x", i)),
			Seq: int64(i + 1), Author: conversation.AuthorCustomer, Kind: "text", Text: "你好 <b>&",
			CreatedAt: time.Date(2026, 11, 21, 3, 0, i, 0, time.UTC),
		})
	}
	return all
}

const CloseA = "/v1/conversations/" + ConvA + "/close"

const (
	ConvA = "0190a6a5-7c1e-7f3a-8a1b-0123456789ab"
	ConvB = "0190a6a5-7c1e-7f3a-8a1b-0123456789ac"
)
