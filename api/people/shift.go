package people

import (
	"context"

	"wxdesk/api/web"
)

// BeginShift has the caller be at work: their agent is there while an event stream of theirs is open. Looking at the desk alone makes
// nobody available.
func (p *People) BeginShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.BeginShift(ctx, web.CallerOf(ctx).Principal)
}

// EndShift has the caller be at work no more: they are offline at once.
func (p *People) EndShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.EndShift(ctx, web.CallerOf(ctx).Principal)
}
