package conversation

import (
	"errors"
	"time"
)

// How many messages a customer may still get, by WeChat's rule since June 2023: five in 48 hours after the customer writes, three in
// one minute after a menu tap, a follow or a scan. A new act of one kind replaces what was left of that kind; nothing accumulates.
// (WeChat says for mini programs only that a new message replaces rather than adds; for official accounts it is an assumption.)
const (
	MessageAllowance = 5
	MessageWindow    = 48 * time.Hour
	TapAllowance     = 3
	TapWindow        = time.Minute
)

// Trigger is an act of the customer that opens a reply allowance.
type Trigger string

// The triggers.
const (
	TriggerNone    Trigger = ""
	TriggerMessage Trigger = "message"
	TriggerTap     Trigger = "tap" // menu tap, follow or scan
)

// Errors of Spend. The customer's next message opens a new allowance. It is certain that a window is closed. That a count is spent is
// our reading of a rule that WeChat has changed more than once.
var (
	ErrWindowClosed   = errors.New("conversation: the reply window is closed")
	ErrAllowanceSpent = errors.New("conversation: the reply allowance is spent")
)

// Allowance is the reply allowance of one customer of one account.
type Allowance struct {
	MessageUntil time.Time
	MessageLeft  int
	TapUntil     time.Time
	TapLeft      int
	TapBy        string // the kind of the message that opened the tap's window; only for who reads the conversation
}

// Opened returns the allowance after the customer acted at the given time.
func (a Allowance) Opened(by Trigger, at time.Time) Allowance {
	switch by {
	case TriggerMessage:
		a.MessageUntil, a.MessageLeft = at.Add(MessageWindow), MessageAllowance
	case TriggerTap:
		a.TapUntil, a.TapLeft = at.Add(TapWindow), TapAllowance
	case TriggerNone:
	}
	return a
}

// Left is how many messages may still be spent.
func (a Allowance) Left(now time.Time) (n int) {
	if now.Before(a.MessageUntil) {
		n += a.MessageLeft
	}
	if now.Before(a.TapUntil) {
		n += a.TapLeft
	}
	return n
}

// Spend returns the allowance with one message less, taken from the window that ends first.
func (a Allowance) Spend(now time.Time) (Allowance, error) {
	tap := now.Before(a.TapUntil)
	message := now.Before(a.MessageUntil)
	switch {
	case tap && a.TapLeft > 0 && (!message || a.MessageLeft == 0 || a.TapUntil.Before(a.MessageUntil)):
		a.TapLeft--
	case message && a.MessageLeft > 0:
		a.MessageLeft--
	case tap || message:
		return a, ErrAllowanceSpent
	default:
		return a, ErrWindowClosed
	}
	return a, nil
}

// Refund returns the allowance with one message more, after WeChat said that a message was not sent. It never exceeds what a window
// began with. The message goes back to the window that ends last.
func (a Allowance) Refund(now time.Time) Allowance {
	tap := now.Before(a.TapUntil) && a.TapLeft < TapAllowance
	message := now.Before(a.MessageUntil) && a.MessageLeft < MessageAllowance
	switch {
	case message && (!tap || !a.MessageUntil.Before(a.TapUntil)):
		a.MessageLeft++
	case tap:
		a.TapLeft++
	}
	return a
}
