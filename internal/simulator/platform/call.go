package platform

import (
	"net/http"
	"net/netip"
	"net/url"

	"wxdesk/internal/simulator/state"
)

// call is one request to the API, its body read, its account found.
type call struct {
	query       url.Values
	contentType string
	body        []byte
	from        netip.Addr   // who calls
	base        string       // how the caller reaches the simulator, such as http://127.0.0.1:8090
	secrets     tokenRequest // of a token call
	account     *state.AccountData
}

func newCall(r *http.Request, body []byte) *call {
	return &call{
		query: r.URL.Query(), contentType: r.Header.Get("Content-Type"), body: body, from: addressOf(r.RemoteAddr), base: "http://" + r.Host,
	}
}

// result is what a call comes to: an answer or a refusal, and what changes.
type result struct {
	answer  any
	refused *APIError
	change  state.Change
}

func answered(answer any, c state.Change) result { return result{answer: answer, change: c} }

func refused(r *APIError) result { return result{refused: r} }

// perform checks a call in the order of wechat-protocol section 12 and carries it out. The caller holds the store's lock.
func (p *API) perform(r *http.Request, e endpoint, body []byte) (any, *APIError, error) {
	c := newCall(r, body)
	if refusal := p.admit(r, e, c); refusal != nil {
		return nil, refusal, nil
	}
	used, refusal := p.count(e, c.account)
	if refusal != nil {
		return nil, refusal, nil
	}
	if refusal := checkRequest(r, e, body); refusal != nil {
		return nil, refusal, p.store.Commit(state.Change{Usage: used})
	}
	done := e.serve(p, c)
	done.change.Usage = append(done.change.Usage, used...)
	if err := p.store.Commit(done.change); err != nil {
		return nil, nil, err
	}
	if callback := done.change.Callback; callback != nil {
		p.courier.Send(callback.ID)
	}
	return done.answer, done.refused, nil
}

// admit finds the account by its token, or by its AppID and secret, and checks that it may make the call.
func (p *API) admit(r *http.Request, e endpoint, c *call) *APIError {
	if e.secret {
		if refusal := checkRequest(r, e, c.body); refusal != nil {
			return refusal
		}
		return p.admitBySecret(e, c)
	}
	t, refusal := p.checkToken(c.query)
	if refusal != nil {
		return refusal
	}
	account, err := p.store.Account(t.AppID)
	if err != nil {
		return refuse(codeInvalidCredential)
	}
	c.account = account
	if e.may != nil && !e.may(account.Kind) {
		return refuse(codeUnauthorized)
	}
	return nil
}

// checkRequest checks method and body.
func checkRequest(r *http.Request, e endpoint, body []byte) *APIError {
	switch {
	case e.method == http.MethodGet && r.Method != http.MethodGet:
		return refuse(codeRequireGET)
	case e.method == http.MethodPost && r.Method != http.MethodPost:
		return refuse(codeRequirePOST)
	case e.method == http.MethodPost && len(body) == 0:
		return refuse(codeEmptyBody)
	case e.method == http.MethodPost && !e.file && !isObject(body):
		return refuse(codeBadJSON)
	}
	return nil
}
