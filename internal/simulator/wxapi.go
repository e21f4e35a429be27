package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"time"
)

// api is one row of WeChat's API: what is checked before serve is called, and by which quota.
type api struct {
	path   string
	method string
	secret bool            // the account is the one whose AppID and secret are given; without it there is an access token
	file   bool            // the body is a form with a file, not JSON
	may    func(Kind) bool // which accounts; nil is all
	quota  func(Settings) quota
	serve  func(*Simulator, *call) (any, *refusal, change)
}

// call is one request to the API, its body read, its account found.
type call struct {
	query       url.Values
	contentType string
	body        []byte
	from        netip.Addr   // who calls
	base        string       // how the caller reaches the simulator, such as http://127.0.0.1:8090
	secrets     tokenRequest // of a token call
	account     *accountState
}

// apis are the calls that are modelled; docs/simulator.md says what each leaves out.
func apis() []api {
	const get, post = http.MethodGet, http.MethodPost
	return []api{
		{
			path: "/cgi-bin/token", method: get, secret: true, serve: (*Simulator).token,
			quota: func(s Settings) quota { return quota{day: s.TokenDaily} },
		},
		{
			path: "/cgi-bin/stable_token", method: post, secret: true, serve: (*Simulator).stableToken,
			quota: func(s Settings) quota { return quota{day: s.StableDaily, minute: s.StableMinute} },
		},
		{
			path: "/cgi-bin/message/custom/send", method: post, may: Kind.verified, serve: (*Simulator).customSend,
			quota: func(s Settings) quota { return quota{day: s.SendDaily, minute: s.SendMinute} },
		},
		{path: "/cgi-bin/message/custom/typing", method: post, may: Kind.verified, serve: (*Simulator).typing},
		{
			path: "/cgi-bin/message/template/send", method: post, may: Kind.service, serve: (*Simulator).templateSend,
			quota: func(s Settings) quota { return quota{day: s.TemplateDaily} },
		},
		{
			path: "/cgi-bin/media/upload", method: post, file: true, may: Kind.verified, serve: (*Simulator).mediaUpload,
			quota: func(s Settings) quota { return quota{day: s.UploadDaily} },
		},
		{
			path: "/cgi-bin/media/get", method: get, may: Kind.verified, serve: (*Simulator).mediaGet,
			quota: func(s Settings) quota { return quota{day: s.DownloadDaily} },
		},
		{
			path: "/cgi-bin/user/info", method: get, may: Kind.verified, serve: (*Simulator).userInfo,
			quota: func(s Settings) quota { return quota{day: s.UserDaily} },
		},
		{
			path: "/cgi-bin/qrcode/create", method: post, may: Kind.service, serve: (*Simulator).qrcodeCreate,
			quota: func(s Settings) quota { return quota{day: s.QRCodeDaily} },
		},
		{
			path: "/cgi-bin/menu/create", method: post, may: Kind.menus, serve: (*Simulator).menuCreate,
			quota: func(s Settings) quota { return quota{day: s.MenuDaily} },
		},
		{
			path: "/cgi-bin/menu/get", method: get, may: Kind.menus, serve: (*Simulator).menuGet,
			quota: func(s Settings) quota { return quota{day: s.MenuGetDaily} },
		},
		{
			path: "/cgi-bin/menu/delete", method: get, may: Kind.menus, serve: (*Simulator).menuDelete,
			quota: func(s Settings) quota { return quota{day: s.MenuDaily} },
		},
		{path: "/cgi-bin/clear_quota", method: post, serve: (*Simulator).clearQuota},
		{path: "/cgi-bin/getcallbackip", method: get, serve: (*Simulator).addresses},
		{path: "/cgi-bin/get_api_domain_ip", method: get, serve: (*Simulator).addresses},
		{path: "/cgi-bin/callback/check", method: post, serve: (*Simulator).callbackCheck},
	}
}

// maxRequest is far above any call's body but a file's.
const maxRequest = 1 << 20

// serveAPI lets a waiting fault have its way, and else carries the call out.
func (s *Simulator) serveAPI(a api) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxRequest)
		if a.file {
			limit = maxUpload
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
			return
		}
		fault, err := s.nextAPIFault(a, r.URL.Query(), body)
		if err != nil {
			s.apiBroken(w, err)
			return
		}
		switch {
		case fault.Kind == faultSlow:
			pause(r, time.Duration(fault.Delay))
		case fault.Kind == faultTimeoutAfterDelivery || fault.Deliver:
			s.carryOut(httptest.NewRecorder(), r, a, body)
		}
		if fault.Kind == "" || fault.Kind == faultSlow {
			s.carryOut(w, r, a, body)
			return
		}
		s.answerFault(w, r, fault)
	}
}

func (s *Simulator) nextAPIFault(a api, query url.Values, body []byte) (Fault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault, left := s.apiFault(a.path, s.appIDOf(a, query, body))
	if left == nil {
		return Fault{}, nil
	}
	return fault, s.commit(change{Faults: left})
}

// appIDOf tells whose call this is, "" where it does not say.
func (s *Simulator) appIDOf(a api, query url.Values, body []byte) string {
	if !a.secret {
		return s.state.tokens[query.Get("access_token")].AppID
	}
	return readTokenRequest(a, query, body).AppID
}

func (s *Simulator) answerFault(w http.ResponseWriter, r *http.Request, f Fault) {
	switch f.Kind {
	case faultErrcode:
		refused := refuse(f.Code)
		if f.Code == codeForeignIP {
			refused = refuseIP(addressOf(r.RemoteAddr))
		}
		writeAPI(w, refused.withRID(s.wall()))
	case faultHTTPStatus:
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, or(f.Body, "<html><body>bad gateway</body></html>"))
	case faultNonJSON:
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, f.Body)
	case faultTimeoutAfterDelivery:
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

// carryOut checks a call in the order of wechat-protocol section 12 and performs it, all in one step of the state.
func (s *Simulator) carryOut(w http.ResponseWriter, r *http.Request, a api, body []byte) {
	s.mu.Lock()
	answer, refused, err := s.perform(r, a, body)
	s.mu.Unlock()
	switch {
	case err != nil:
		s.apiBroken(w, err)
	case refused != nil:
		s.log.Info("call refused", slog.String("path", a.path), slog.Int("errcode", refused.Code))
		writeAPI(w, refused.withRID(s.wall()))
	default:
		writeAPI(w, answer)
	}
}

func (s *Simulator) perform(r *http.Request, a api, body []byte) (any, *refusal, error) {
	c := &call{query: r.URL.Query(), contentType: r.Header.Get("Content-Type"), body: body, from: addressOf(r.RemoteAddr), base: baseOf(r)}
	if refused := s.admit(r, a, c); refused != nil {
		return nil, refused, nil
	}
	used, refused := s.count(a, c.account)
	if refused != nil {
		return nil, refused, nil
	}
	if refused := checkRequest(r, a, body); refused != nil {
		return nil, refused, s.commit(change{Usage: used})
	}
	answer, refused, done := a.serve(s, c)
	done.Usage = append(done.Usage, used...)
	if err := s.commit(done); err != nil {
		return nil, nil, err
	}
	if done.Callback != nil {
		s.enqueue(s.state.pending[done.Callback.ID], 0)
	}
	return answer, refused, nil
}

// admit finds the account by its token, or by its AppID and secret, and checks that it may make the call.
func (s *Simulator) admit(r *http.Request, a api, c *call) *refusal {
	if a.secret {
		if refused := checkRequest(r, a, c.body); refused != nil {
			return refused
		}
		return s.admitBySecret(a, c)
	}
	t, refused := s.checkToken(c.query)
	if refused != nil {
		return refused
	}
	account, err := s.state.account(t.AppID)
	if err != nil {
		return refuse(codeInvalidCredential)
	}
	c.account = account
	if a.may != nil && !a.may(account.Kind) {
		return refuse(codeUnauthorized)
	}
	return nil
}

// checkRequest checks method and body.
func checkRequest(r *http.Request, a api, body []byte) *refusal {
	switch {
	case a.method == http.MethodGet && r.Method != http.MethodGet:
		return refuse(codeRequireGET)
	case a.method == http.MethodPost && r.Method != http.MethodPost:
		return refuse(codeRequirePOST)
	case a.method == http.MethodPost && len(body) == 0:
		return refuse(codeEmptyBody)
	case a.method == http.MethodPost && !a.file && !isObject(body):
		return refuse(codeBadJSON)
	}
	return nil
}

// baseOf is the simulator's address as the sender of a request wrote it.
func baseOf(r *http.Request) string { return "http://" + r.Host }

// unknownAPI answers every path that is not in the table.
func (s *Simulator) unknownAPI(w http.ResponseWriter, _ *http.Request) {
	writeAPI(w, refuse(codeInvalidURL).withRID(s.wall()))
}

// apiBroken answers when the state could not be written; WeChat's own failures look like this too.
func (s *Simulator) apiBroken(w http.ResponseWriter, err error) {
	if !errors.Is(err, errClosed) {
		s.log.Error("state not written", slog.Any("error", err))
	}
	http.Error(w, "service unavailable", http.StatusServiceUnavailable)
}

func writeAPI(w http.ResponseWriter, answer any) {
	if file, ok := answer.(download); ok {
		w.Header().Set("Content-Type", file.Type)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.name))
		_, _ = w.Write(file.Bytes)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_, _ = w.Write(encodeJSON(answer))
}

// encodeJSON writes text as it is: WeChat escapes neither Chinese nor markup.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // our own types only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
