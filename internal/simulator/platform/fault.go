package platform

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"time"

	"wxdesk/internal/simulator/state"
)

// nextFault uses up the fault that waits for this call. There may be none.
func (p *API) nextFault(e endpoint, query url.Values, body []byte) (state.Fault, error) {
	p.store.Lock()
	defer p.store.Unlock()
	appID := p.appIDOf(e, query, body)
	taken, left := p.store.TakeFaults(func(k state.FaultKind, f state.Fault) bool {
		return k.Side == state.APISide && f.Concerns(appID, "", e.path)
	})
	if taken == nil {
		return state.Fault{}, nil
	}
	return taken[0], p.store.Commit(state.Change{Faults: left})
}

// appIDOf tells whose call this is, "" if it does not say.
func (p *API) appIDOf(e endpoint, query url.Values, body []byte) string {
	if e.secret {
		return readTokenRequest(e, query, body).AppID
	}
	t, _ := p.store.Token(query.Get("access_token"))
	return t.AppID
}

func (p *API) answerFault(w http.ResponseWriter, r *http.Request, f state.Fault) {
	switch f.Kind {
	case state.FaultErrcode:
		refusal := refuse(f.Code)
		if f.Code == codeForeignIP {
			refusal = refuseIP(addressOf(r.RemoteAddr))
		}
		write(w, refusal.withRID(p.store.Wall()))
	case state.FaultHTTPStatus:
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, cmp.Or(f.Body, "<html><body>bad gateway</body></html>"))
	case state.FaultNonJSON:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, f.Body)
	case state.FaultTimeoutAfterDelivery:
		pause(r, time.Duration(f.Delay))
		panic(http.ErrAbortHandler) // the connection is cut without an answer
	}
}

// pause waits for the delay, or until the caller has given up.
func pause(r *http.Request, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.Context().Done():
	}
}
