// Package outbox tells the runs of conversations what somebody else has done in them. The ledger writes a notice in the transaction
// of the act. The process that commits the act then tells the run, and every worker tells what crashes and outages have left. The act
// counts in either case; a run that is told late only learns late that there is something to send.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"wxdesk/internal/conversation"
)

const (
	// notifyWithin is how long a run may take to be told.
	notifyWithin = 2 * time.Second
	// atOnce is how many runs a process tells at the same time right after acts. Where there are more, the workers tell the rest.
	atOnce = 64
	// claimed is how many notices a worker claims at once, and leftAtOnce how many of them it tells at the same time. All of them fit
	// into the ledger's lease of ten seconds, even if no run answers.
	claimed    = 64
	leftAtOnce = 32
	// deleteEvery is how long a notice that was told right after its act waits to be deleted with others: long before a worker
	// may claim it.
	deleteEvery = 100 * time.Millisecond
	// pollEvery is how often a worker looks for notices that were left.
	pollEvery = time.Second
)

// Notices keeps the notices. Every method is repeatable.
type Notices interface {
	// Notices claims notices that nobody is telling, the one first that has waited longest for that.
	Notices(ctx context.Context, limit int) ([]conversation.RunNotice, error)
	// Delivered deletes notices that their runs have got; newer ones stay.
	Delivered(ctx context.Context, notices ...conversation.RunNotice) error
}

// Conversations ends conversations of which Temporal knows no run.
type Conversations interface {
	// RunGone ends a conversation that has no run. It is repeatable.
	RunGone(ctx context.Context, c conversation.Ref) error
}

// Runs reaches the runs of conversations.
type Runs interface {
	// Notify tells a run of an act. gone reports that there is no run.
	Notify(ctx context.Context, n conversation.RunNotice) (gone bool, err error)
}

// Notifier tells runs. It is safe for concurrent use.
type Notifier struct {
	notices       Notices
	conversations Conversations
	runs          Runs
	log           *slog.Logger
	slots         chan struct{}
	under         sync.WaitGroup

	mu   sync.Mutex
	sent []conversation.RunNotice // to be deleted soon
}

// New makes a Notifier.
func New(notices Notices, conversations Conversations, runs Runs, log *slog.Logger) *Notifier {
	return &Notifier{notices: notices, conversations: conversations, runs: runs, log: log, slots: make(chan struct{}, atOnce)}
}

// Notify tells runs in the background and returns at once. It goes on after ctx has ended; Wait waits for it. Notices that
// cannot be told, or for which there is no room, are left for Run.
func (t *Notifier) Notify(ctx context.Context, notices ...conversation.RunNotice) {
	var mine []conversation.RunNotice
	for _, n := range notices {
		select {
		case t.slots <- struct{}{}:
			mine = append(mine, n)
		default:
		}
	}
	if len(mine) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	t.under.Go(func() {
		sent, err := t.notify(ctx, mine, len(mine), func() { <-t.slots })
		t.deleteSoon(ctx, sent)
		if err != nil {
			t.log.DebugContext(ctx, "notices to runs failed, left to the workers", "error", err)
		}
	})
}

// deleteSoon deletes notices together with others of the same moment. Wait waits for it.
func (t *Notifier) deleteSoon(ctx context.Context, sent []conversation.RunNotice) {
	if len(sent) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent = append(t.sent, sent...); len(t.sent) > len(sent) {
		return // somebody waits to delete already
	}
	t.under.Go(func() {
		time.Sleep(deleteEvery)
		t.mu.Lock()
		sent := t.sent
		t.sent = nil
		t.mu.Unlock()
		if err := t.delete(ctx, sent); err != nil {
			t.log.DebugContext(ctx, "deletion of notices to runs failed, sent again later", "error", err)
		}
	})
}

func (t *Notifier) delete(ctx context.Context, sent []conversation.RunNotice) error {
	if len(sent) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyWithin)
	defer cancel()
	return t.notices.Delivered(ctx, sent...)
}

// Wait waits until no run is being told any more. Nobody may call Notify at the same time.
func (t *Notifier) Wait() { t.under.Wait() }

// Run tells what was left, until ctx ends.
func (t *Notifier) Run(ctx context.Context) {
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
		full, err := t.notifyLeft(ctx)
		if err != nil && ctx.Err() == nil {
			t.log.WarnContext(ctx, "notices to runs failed, trying again", "error", err)
		}
		wait := pollEvery
		if full {
			wait = 0
		}
		poll.Reset(wait)
	}
}

// notifyLeft claims and tells notices; full reports that there may be more.
func (t *Notifier) notifyLeft(ctx context.Context) (full bool, err error) {
	left, err := t.notices.Notices(ctx, claimed)
	if err != nil {
		return false, err
	}
	sent, err := t.notify(ctx, left, leftAtOnce, func() {})
	return len(left) == claimed, errors.Join(err, t.delete(ctx, sent))
}

// notify tells runs, some at the same time, and returns what was told. done is called for each notice.
func (t *Notifier) notify(ctx context.Context, notices []conversation.RunNotice, atOnce int, done func()) (sent []conversation.RunNotice, err error) {
	var (
		mu       sync.Mutex
		failures []error
		group    sync.WaitGroup
		slots    = make(chan struct{}, atOnce)
	)
	for _, n := range notices {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { done(); <-slots }()
			gone, err := t.notifyOne(ctx, n)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				failures = append(failures, err)
			case !gone:
				sent = append(sent, n)
			}
		})
	}
	group.Wait()
	return sent, errors.Join(failures...)
}

// notifyOne tells one run. If there is none, its conversation ends.
func (t *Notifier) notifyOne(ctx context.Context, n conversation.RunNotice) (gone bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, notifyWithin)
	defer cancel()
	if gone, err = t.runs.Notify(ctx, n); err != nil || !gone {
		return false, err
	}
	return true, t.conversations.RunGone(ctx, n.Ref)
}
