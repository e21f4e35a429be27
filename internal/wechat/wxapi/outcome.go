package wxapi

import (
	"errors"
	"time"

	"wxdesk/internal/wechat"
)

const (
	unreachedPause = time.Second // the first pause; callers lengthen it from try to try
	refusedPause   = time.Minute // a refused address is a setting, which a person must change
)

// attempted is the outcome of a send that got no usable answer: not sent if nothing was written, else unknown.
func attempted(err error) wechat.SendOutcome {
	var failed *Error
	if errors.As(err, &failed) && failed.written {
		return wechat.SendOutcome{Status: wechat.SendUnknown, Reason: failed.Reason}
	}
	return unreached(failed)
}

// notSent is the outcome of a send that never began, for want of an access token.
func (c *Client) notSent(err error) wechat.SendOutcome {
	var failed *Error
	switch {
	case !errors.As(err, &failed):
		return wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonTokenStore, After: unreachedPause}
	case failed.refused:
		return refusedToken(failed, c.now())
	case failed.written:
		return wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonTokenUnanswered, After: unreachedPause}
	}
	return unreached(failed)
}

// refusedToken is what the token API's refusal means for a message that waits for the token: what passes by itself is
// waited for. A refused credential is the AppSecret here, which does not.
func refusedToken(refused *Error, now time.Time) wechat.SendOutcome {
	if o := wechat.OutcomeOf(refused.Code, now); o.Status == wechat.SendLater && refused.Code.Class() != wechat.ClassRefresh {
		return o
	}
	return wechat.SendOutcome{Status: wechat.SendFailed, Code: refused.Code, Reason: refused.Reason}
}

func unreached(failed *Error) wechat.SendOutcome {
	if failed != nil && failed.Reason == wechat.ReasonAddressRefused {
		return wechat.SendOutcome{Status: wechat.SendLater, Reason: failed.Reason, After: refusedPause}
	}
	return wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonNotReached, After: unreachedPause}
}
