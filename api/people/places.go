package people

import (
	"context"

	"wxdesk/api/web"
)

// places lets few through at once and has some more wait; further ones are turned away at once. It is safe for concurrent use.
type places struct {
	taken chan struct{}
	all   chan struct{} // who has a place or waits for one
}

func newPlaces(atOnce, waiting int) *places {
	return &places{taken: make(chan struct{}, atOnce), all: make(chan struct{}, atOnce+waiting)}
}

// used is how many have a place or wait for one.
func (p *places) used() int64 { return int64(len(p.all)) }

// do does something in a place. Where there is none, or none becomes free in time, it refuses.
func (p *places) do(ctx context.Context, what func() error) error {
	select {
	case p.all <- struct{}{}:
		defer func() { <-p.all }()
	default:
		return web.Unavailable.Retry(1)
	}
	waiting, cancel := context.WithTimeout(ctx, waitWithin)
	defer cancel()
	select {
	case p.taken <- struct{}{}:
		defer func() { <-p.taken }()
		return what()
	case <-waiting.Done():
		return web.Unavailable.Retry(1)
	}
}
