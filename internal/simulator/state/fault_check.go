package state

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// maxFiller is the most that an oversized body has too much.
const maxFiller = 64 << 20

// Prepare checks a fault that somebody asks for and fills what was left out.
func (f Fault) Prepare() (Fault, error) {
	kind, known := faultKindOf(f.Kind)
	if !known {
		return f, fmt.Errorf("kind %q is not in the table of faults", f.Kind)
	}
	if f.Used != 0 || f.ID != 0 {
		return f, errors.New("id and used are given by the simulator")
	}
	f.Count = cmp.Or(f.Count, 1)
	if err := f.checkNumbers(); err != nil {
		return f, err
	}
	if kind.Side == CallbackSide && f.Path != "" || kind.Side == APISide && f.OpenID != "" {
		return f, errors.New("path narrows faults of the API, openid those of callbacks")
	}
	f = f.withDefaults()
	return f, f.checkKind()
}

func (f Fault) checkNumbers() error {
	if f.Count < 0 || f.Copies < 0 || f.Copies > 100 || f.Delay < 0 || f.Size < 0 || f.Size > maxFiller {
		return fmt.Errorf("count, copies (at most 100), delay and size (at most %d) must not be negative", maxFiller)
	}
	return nil
}

func (f Fault) withDefaults() Fault {
	switch f.Kind {
	case FaultDuplicate:
		f.Copies = cmp.Or(f.Copies, 1)
	case FaultOversizedBody:
		f.Size = cmp.Or(f.Size, 2<<20)
	case FaultSlowBody, FaultTimeoutAfterDelivery:
		f.Delay = cmp.Or(f.Delay, Duration(30*time.Second))
	case FaultHTTPStatus:
		f.Status = cmp.Or(f.Status, 502)
	case FaultNonJSON:
		f.Body = cmp.Or(f.Body, "<html><body>upstream error</body></html>")
	}
	return f
}

func (f Fault) checkKind() error {
	switch {
	case f.Kind == FaultErrcode && f.Code == 0:
		return errors.New("errcode must be given")
	case f.Kind == FaultHTTPStatus && (f.Status < 200 || f.Status > 599):
		return errors.New("status is 200 to 599")
	case f.Kind == FaultSlow && f.Delay == 0:
		return errors.New("slow needs a delay")
	}
	return nil
}
