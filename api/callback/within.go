package callback

import (
	"context"
	"fmt"
	"time"

	"wxdesk/api/web"
)

// within runs a step, and returns when it ends or when the time is up, whichever is first: the promise to answer holds
// even where a step does not watch its context. A panic of the step becomes an error, as this is not the goroutine of the
// request, whose panics the router catches.
func within(ctx context.Context, step func(context.Context) error) error {
	return workers(nil).within(ctx, step)
}

// workers hands steps to goroutines that have done one and wait for another. Their stacks have grown already; a fresh one's grows
// several times on its way to Temporal, which was a seventh of what a callback cost.
type workers chan func()

// rest is how long a goroutine waits for another step.
const rest = 100 * time.Millisecond

func (r workers) within(ctx context.Context, step func(context.Context) error) error {
	done := make(chan error, 1)
	run := func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panicked: %s", web.PanicAttr(p).Value)
			}
		}()
		done <- step(ctx)
	}
	select {
	case r <- run:
	default:
		go r.runAndRest(run)
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r workers) runAndRest(run func()) {
	run()
	if r == nil {
		return
	}
	for waiting := time.NewTimer(rest); ; waiting.Reset(rest) {
		select {
		case next := <-r:
			next()
		case <-waiting.C:
			return
		}
	}
}
