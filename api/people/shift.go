package people

import (
	"context"

	"wxdesk/api/web"
)

// BeginShift begins the caller's shift. While it is on, their agent is present as long as they have an event stream open. Opening the desk
// without it makes nobody available.
func (p *People) BeginShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.BeginShift(ctx, web.CallerOf(ctx).Principal)
}

// EndShift ends the caller's shift. Their agent is offline at once.
func (p *People) EndShift(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return nil, p.cfg.Shifts.EndShift(ctx, web.CallerOf(ctx).Principal)
}
