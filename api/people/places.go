package people

import (
	"context"

	"wxdesk/api/web"
)

// places limits how many calls run at once. Some more wait, and all others are refused at once. It is safe for concurrent use.
type places struct {
	taken chan struct{}
	all   chan struct{} // calls that run or wait
}

func newPlaces(atOnce, waiting int) *places {
	return &places{taken: make(chan struct{}, atOnce), all: make(chan struct{}, atOnce+waiting)}
}

// used returns how many calls run or wait.
func (p *places) used() int64 { return int64(len(p.all)) }

// do calls what. It returns Unavailable if too many calls wait already, or if none has ended within waitWithin.
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
