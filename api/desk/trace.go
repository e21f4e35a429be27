package desk

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// traceStepView is a step of how a conversation was routed (DIA-1).
type traceStepView struct {
	Stage string          `json:"stage" enum:"classification,route,overflow,distribution,command"`
	At    time.Time       `json:"at"`
	Body  json.RawMessage `json:"body" doc:"Of route and overflow: rules and queues, each with its outcome. Of distribution: how many agents each reason ruled out, and who was asked"`
}

func (d *Desk) ListTrace(ctx context.Context, in *ofConversation) (*struct{ Body web.Page[traceStepView] }, error) {
	who := web.CallerOf(ctx)
	list := []string{"trace", string(who.Tenant), in.ID}
	position, err := d.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	after, _ := strconv.ParseInt(position, 10, 64) // ours, or "" for the beginning
	found, err := d.cfg.Conversations.RoutingTrace(ctx, who.Viewer(), conversation.ID(in.ID), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	view := func(s routing.TraceStep) traceStepView {
		return traceStepView{Stage: s.Stage, At: s.At.UTC(), Body: s.Body}
	}
	return &struct{ Body web.Page[traceStepView] }{web.PageOf(found, in.Limit, view, func(last routing.TraceStep) string {
		return d.cursors.After(strconv.FormatInt(last.Number, 10), list...)
	})}, nil
}
