package delivery

import (
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/simulator/state"
)

// mediaLookup finds a medium of one of the kinds in the account's store, and the picture that shows it, if any.
type mediaLookup func(id string, kinds ...state.MediaKind) (picture string, found bool)

func mediaOf(a *state.AccountData, now time.Time) mediaLookup {
	return func(id string, kinds ...state.MediaKind) (string, bool) {
		return a.PicturePath(id), a.CanSend(id, now, kinds...)
	}
}

// judge turns an outcome into the record of an attempt, and the reply that the customer sees, if there is one. The caller holds the
// store's lock, for the media.
func (a attempt) judge(o outcome, key string, media mediaLookup) (state.Attempt, *reply) {
	record := a.record(o)
	if reason := o.failure(); reason != "" {
		record.Verdict, record.Reason = state.Failed, reason
		return record, nil
	}
	r, err := a.expectation(key, media).judge(o.body)
	if err != nil {
		record.Verdict, record.Reason = state.Malformed, err.Error()
		return record, nil
	}
	record.Verdict = state.Accepted
	switch {
	case r == nil:
		return record, nil
	case !a.callback.Passive || strings.HasPrefix(r.kind, "transfer_"):
		record.Reason = "a reply of which nothing is shown"
		return record, nil
	}
	record.Verdict = state.Replied
	return record, r
}

func (a attempt) record(o outcome) state.Attempt {
	record := state.Attempt{
		AppID: a.callback.AppID, OpenID: a.callback.OpenID, MsgID: strconv.FormatInt(a.callback.ID, 10), Kind: a.callback.Kind,
		Attempt: a.callback.Attempts, At: a.at, TookMS: o.took.Milliseconds(), Status: o.status,
	}
	for _, f := range a.faults {
		record.Faults = append(record.Faults, f.Kind)
	}
	return record
}

func (a attempt) expectation(key string, media mediaLookup) expectation {
	return expectation{
		media: media,
		mode:  a.account.Mode, token: a.account.Token, key: key, appID: a.account.AppID, originalID: a.account.OriginalID,
		openID: a.callback.OpenID, message: a.callback.Message, textLimit: a.settings.TextLimit,
	}
}
