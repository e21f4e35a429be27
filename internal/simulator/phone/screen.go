package phone

import (
	"context"

	"wxdesk/internal/simulator/state"
)

// Screen is what a customer sees, from some item on.
type Screen struct {
	Items      []state.Item `json:"items"`
	Next       int          `json:"next"` // the position of the last item
	Rev        int64        `json:"rev"`  // of the last change
	Subscribed bool         `json:"subscribed"`
	Typing     bool         `json:"typing"` // the account is typing
}

// From says which items are asked for: those behind a position, or those that are new or changed since a revision.
type From struct {
	Position   int
	Revision   int64
	ByRevision bool
}

// Watch returns what a customer sees. With wait it returns when there is something, or when ctx ends.
func (p *Phones) Watch(ctx context.Context, appID, openID string, from From, wait bool) (Screen, error) {
	for {
		screen, changed, err := p.look(appID, openID, from)
		if err != nil || len(screen.Items) > 0 || !wait {
			return screen, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return screen, nil
		case <-p.store.Context().Done():
			return Screen{}, state.ErrClosed
		}
	}
}

// look reads the screen once and returns what to wait on for its next change.
func (p *Phones) look(appID, openID string, from From) (Screen, <-chan struct{}, error) {
	p.store.Lock()
	defer p.store.Unlock()
	f, err := p.store.Follower(appID, openID)
	if err != nil {
		return Screen{}, nil, err
	}
	items := f.ItemsAfter(from.Position)
	if from.ByRevision {
		items = f.ItemsChangedSince(from.Revision)
	}
	screen := Screen{Items: items, Next: len(f.Screen), Rev: f.LastRev, Subscribed: f.Subscribed, Typing: p.store.Now().Before(f.Typing)}
	return screen, f.Changed(), nil
}
