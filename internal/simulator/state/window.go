package state

import (
	"errors"
	"maps"
	"time"
)

// Trigger is what a customer did that lets the account write (wechat-protocol 5.2). Empty is something that does not.
type Trigger string

const (
	TriggerMessage Trigger = "message"
	TriggerTap     Trigger = "tap"
	TriggerFollow  Trigger = "follow"
	TriggerScan    Trigger = "scan"
)

// Window is how many custom messages one trigger still allows, and until when by the simulator's clock.
type Window struct {
	Left  int       `json:"left"`
	Until time.Time `json:"until"`
}

var (
	// ErrNoWindow is returned if no reply window is open: the customer was silent for too long, or has left.
	ErrNoWindow = errors.New("no reply window is open")
	// ErrWindowsEmpty is returned if all open reply windows are used up.
	ErrWindowsEmpty = errors.New("every open reply window is used up")
)

// Act notes an interaction. If it is a trigger, a full window takes the place of that kind's old one.
func (f Follower) Act(t Trigger, s Settings, now time.Time) Follower {
	f.LastAct = now
	if t == "" {
		return f
	}
	f.Windows = maps.Clone(f.Windows)
	if f.Windows == nil {
		f.Windows = map[Trigger]Window{}
	}
	f.Windows[t] = s.windowOf(t, now)
	return f
}

func (s Settings) windowOf(t Trigger, now time.Time) Window {
	if t == TriggerMessage {
		return Window{s.WindowMessages, now.Add(time.Duration(s.Window))}
	}
	return Window{s.TapMessages, now.Add(time.Duration(s.TapWindow))}
}

// Spend takes one message from the open window that ends first and is not empty. It fails with ErrNoWindow or ErrWindowsEmpty.
func (f Follower) Spend(now time.Time) (Follower, error) {
	first, open := f.firstWindow(now)
	if !open || !f.Subscribed {
		return f, ErrNoWindow
	}
	if first == "" {
		return f, ErrWindowsEmpty
	}
	f.Windows = maps.Clone(f.Windows)
	f.Windows[first] = Window{f.Windows[first].Left - 1, f.Windows[first].Until}
	return f, nil
}

// firstWindow returns the trigger of the open window that ends first and is not empty, and whether any window is open.
func (f Follower) firstWindow(now time.Time) (first Trigger, open bool) {
	for t, w := range f.Windows {
		if !now.Before(w.Until) {
			continue
		}
		open = true
		if w.Left > 0 && (first == "" || w.Until.Before(f.Windows[first].Until)) {
			first = t
		}
	}
	return first, open
}
