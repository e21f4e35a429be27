package callback

import (
	"context"
	"fmt"
	"time"

	"wxdesk/api/web"
)

// within runs a step, and returns when the step ends or the time is up, whichever is first. So the endpoint answers in time even if a
// step ignores its context. A panic of the step becomes an error, because the router catches panics only in the goroutine of the
// request.
func within(ctx context.Context, step func(context.Context) error) error {
	return workers(nil).within(ctx, step)
}

// workers runs steps in goroutines that are used again. Their stacks have grown already. A new goroutine's stack grows several times
// on its way to Temporal, which was a seventh of what a callback cost.
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
