package people

import (
	"context"

	"wxdesk/api/web"
)

// BeginShift begins the caller's shift: from now on their agent is present while an event stream of theirs is open. Opening the desk alone
// makes nobody available.
func (p *People) BeginShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.BeginShift(ctx, web.CallerOf(ctx).Principal)
}

// EndShift ends the caller's shift: their agent is offline at once.
func (p *People) EndShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.EndShift(ctx, web.CallerOf(ctx).Principal)
}
