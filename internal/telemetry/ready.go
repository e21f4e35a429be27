package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// Check is something a process needs before it is of use.
type Check struct {
	Name string // what /readyz shows while it fails: "postgres"
	// Ask says nil when all is well. Its context ends after two seconds; its error is logged, never shown. At most one
	// Ask of a check runs at a time.
	Ask func(ctx context.Context) error
}

// How readiness is asked for: an answer serves everybody for readyFresh, and nobody waits longer than readyBound. So what
// stalls is named within both together.
const (
	readyFresh = 250 * time.Millisecond
	readyBound = 2 * time.Second
)

// readiness asks the checks, all at once, at most four times a second however many want to know. A check that does not come
// back counts as failing, and nothing is asked again until it does, so that a hanging part does not pile up goroutines.
type readiness struct {
	checks []Check
	log    *slog.Logger

	mu   sync.Mutex
	last *round
	down map[string]bool // what the log has heard
}

// round is one round of asking.
type round struct {
	began time.Time
	done  chan struct{} // closed when every check has answered

	mu    sync.Mutex
	good  map[string]bool
	open  int       // checks that have not answered yet
	ended time.Time // when the last one did
}

func newReadiness(checks []Check, log *slog.Logger) *readiness {
	return &readiness{checks: checks, log: log, down: map[string]bool{}}
}

// missing names what is not ready, in the order of the checks; empty when all is.
func (r *readiness) missing(ctx context.Context) []string {
	l := r.current()
	timer := time.NewTimer(time.Until(l.began.Add(readyBound)))
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, c := range r.checks {
		if !l.good[c.Name] {
			names = append(names, c.Name)
		}
	}
	return names
}

// current is the look under way, or a fresh one, or else a new one.
func (r *readiness) current() *round {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || r.last.stale() {
		r.last = r.begin()
	}
	return r.last
}

func (r *readiness) begin() *round {
	l := &round{began: time.Now(), done: make(chan struct{}), good: map[string]bool{}, open: len(r.checks)}
	if l.open == 0 {
		l.ended = l.began
		close(l.done)
	}
	for _, c := range r.checks {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), readyBound)
			defer cancel()
			err := c.Ask(ctx)
			l.answer(c.Name, err)
			r.tell(c.Name, err)
		}()
	}
	return l
}

func (l *round) answer(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.good[name] = err == nil
	if l.open--; l.open == 0 {
		l.ended = time.Now()
		close(l.done)
	}
}

func (l *round) stale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open == 0 && time.Since(l.ended) >= readyFresh
}

// measure has each check's state read with the metrics: 1 while it is good.
func (r *readiness) measure(meter metric.Meter) error {
	if meter == nil {
		return nil
	}
	_, err := meter.Int64ObservableGauge("wxdesk_ready",
		metric.WithDescription("What this process needs, by check: 1 while it is there, as /readyz says."),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			missing := r.missing(ctx)
			for _, c := range r.checks {
				state := int64(1)
				if slices.Contains(missing, c.Name) {
					state = 0
				}
				o.Observe(state, metric.WithAttributes(attribute.String(FieldCheck, c.Name)))
			}
			return nil
		}))
	return err
}

// tell logs a check's turn for the worse or the better.
func (r *readiness) tell(name string, err error) {
	r.mu.Lock()
	was := r.down[name]
	r.down[name] = err != nil
	r.mu.Unlock()
	switch {
	case err != nil && !was:
		r.log.Warn("not ready", FieldCheck, name, FieldError, err)
	case err == nil && was:
		r.log.Info("ready again", FieldCheck, name)
	}
}
