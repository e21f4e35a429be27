package control

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"wxdesk/internal/simulator/phone"
)

// say lets a customer do something. It answers at once with the identifier of the callback, or with ?wait=true when WeChat has
// its verdict. Of a tap that messages follow, it is the tap's.
func (c *API) say(r *http.Request) (int, any, error) {
	var in phone.Act
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	told, err := c.phones.Say(r.PathValue("app_id"), r.PathValue("openid"), in, "http://"+r.Host)
	if err != nil {
		return 0, nil, err
	}
	msgID := strconv.FormatInt(told.ID, 10)
	if r.URL.Query().Get("wait") != "true" {
		return http.StatusAccepted, map[string]any{"msg_id": msgID}, nil
	}
	if err := c.courier.Await(r.Context(), told); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"msg_id": msgID, "verdict": told.Verdict, "attempts": told.Attempts}, nil
}

// maxWait is the longest a long poll lasts, in seconds.
const maxWait = 60

// showScreen gives what a customer sees: the items behind position `after`, or with `changed` those that are new or changed since that
// revision. With `wait` it waits that many seconds until there is one.
func (c *API) showScreen(r *http.Request) (int, any, error) {
	from, err := readFrom(r)
	if err != nil {
		return 0, nil, err
	}
	wait, err := number(r, "wait")
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(min(wait, maxWait))*time.Second)
	defer cancel()
	return ok(c.phones.Watch(ctx, r.PathValue("app_id"), r.PathValue("openid"), from, wait > 0))
}

func readFrom(r *http.Request) (phone.From, error) {
	after, err := number(r, "after")
	if err != nil {
		return phone.From{}, err
	}
	changed, err := number(r, "changed")
	if err != nil {
		return phone.From{}, err
	}
	return phone.From{Position: after, Revision: int64(changed), ByRevision: r.URL.Query().Has("changed")}, nil
}
