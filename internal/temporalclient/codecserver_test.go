package temporalclient_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/temporalclient"
)

// S16
func TestCodec_opensForAdminsAtTheWebUIOnly(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	nobody, signedIn := browser(t), browser(t)
	require.Equal(t, http.StatusOK, e.signsIn(signedIn, "wxd_admin"))
	for name, c := range map[string]struct {
		client *http.Client
		header []string
		want   int
	}{
		"nobody, without a page":             {nobody, nil, 401},
		"nobody, at the Web UI":              {nobody, []string{"Origin", webUI}, 401},
		"an admin's token, without a page":   {nobody, []string{"Authorization", "Bearer wxd_admin"}, 200},
		"an admin's token, at the Web UI":    {nobody, []string{"Origin", webUI, "Authorization", "bearer wxd_admin"}, 200},
		"a supervisor's token":               {nobody, []string{"Authorization", "Bearer wxd_supervisor"}, 403},
		"an agent's token":                   {nobody, []string{"Authorization", "Bearer wxd_agent"}, 403},
		"an unknown token":                   {nobody, []string{"Authorization", "Bearer wxd_other"}, 401},
		"another scheme":                     {nobody, []string{"Authorization", "Basic wxd_admin"}, 401},
		"two tokens":                         {nobody, []string{"Authorization", "Bearer wxd_admin", "Authorization", "Bearer wxd_admin"}, 401},
		"signed in, at the Web UI":           {signedIn, []string{"Origin", webUI}, 200},
		"signed in, with the Web UI's token": {signedIn, []string{"Origin", webUI, "Authorization", "Bearer of.somebody.else"}, 200},
		"signed in, without a page":          {signedIn, nil, 401},
		"signed in, at another port":         {signedIn, []string{"Origin", "http://127.0.0.1:8234"}, 403},
		"signed in, at another scheme":       {signedIn, []string{"Origin", "https://127.0.0.1:8233"}, 403},
		"signed in, at a longer name":        {signedIn, []string{"Origin", webUI + ".evil.example"}, 403},
		"signed in, at the endpoint itself":  {signedIn, []string{"Origin", e.url}, 403},
		"signed in, in a sandbox":            {signedIn, []string{"Origin", "null"}, 403},
		"signed in, with two origins":        {signedIn, []string{"Origin", webUI, "Origin", "http://evil.example"}, 403},
		"a token, at another page":           {nobody, []string{"Origin", "http://evil.example", "Authorization", "Bearer wxd_admin"}, 403},
	} {
		status, _ := e.reads(c.client, c.header...)
		require.Equal(t, c.want, status, name)
	}

	e.tokens.revoke("wxd_admin")
	status, _ := e.reads(signedIn, "Origin", webUI)
	require.Equal(t, http.StatusUnauthorized, status, "a revoked token ends the session")
}

func TestCodec_corsNamesTheWebUIAndNobodyElse(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	ask := func(origin ...string) http.Header {
		header := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,x-namespace"}
		for _, o := range origin {
			header = append(header, "Origin", o)
		}
		resp, _ := e.call(http.DefaultClient, http.MethodOptions, "/codec/decode", "", header...)
		if len(origin) == 1 && origin[0] == webUI {
			require.Equal(t, http.StatusNoContent, resp.StatusCode)
		} else {
			require.Equal(t, http.StatusForbidden, resp.StatusCode, origin)
		}
		require.Equal(t, "Origin", resp.Header.Get("Vary"))
		return resp.Header
	}
	allowed := ask(webUI)
	require.Equal(t, []string{webUI}, allowed.Values("Access-Control-Allow-Origin"))
	require.Equal(t, "true", allowed.Get("Access-Control-Allow-Credentials"))
	require.Equal(t, "POST", allowed.Get("Access-Control-Allow-Methods"))
	for _, name := range []string{"Content-Type", "X-Namespace", "Authorization"} {
		require.Contains(t, allowed.Get("Access-Control-Allow-Headers"), name)
	}
	for _, others := range [][]string{{}, {"http://evil.example"}, {"null"}, {webUI + "/"}, {webUI, "http://evil.example"}} {
		for name := range ask(others...) {
			require.False(t, strings.HasPrefix(name, "Access-Control-"), "%v gets %s", others, name)
		}
	}

	refused, _ := e.call(http.DefaultClient, http.MethodPost, "/codec/decode", e.sealed(), "Origin", webUI, "Content-Type", "application/json")
	require.Equal(t, http.StatusUnauthorized, refused.StatusCode)
	require.Equal(t, webUI, refused.Header.Get("Access-Control-Allow-Origin"), "the page sees why")
	resp, _ := e.call(http.DefaultClient, http.MethodPost, "/codec/decode", e.sealed(), "Origin", webUI, "Content-Type", "application/json", "Authorization", "Bearer wxd_admin")
	require.Equal(t, "Origin", resp.Header.Get("Vary"))
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
}

func TestCodec_cookieIsStrict(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"token": {"wxd_admin"}}.Encode()
	begin := func(header ...string) *http.Response {
		resp, _ := e.call(stay, http.MethodPost, "/codec/sign-in", form, append(header, "Content-Type", "application/x-www-form-urlencoded")...)
		return resp
	}
	cookie := begin().Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	require.Equal(t, "/codec/", cookie.Path)
	require.False(t, cookie.Secure)
	require.NotContains(t, cookie.Value, "wxd_admin")
	require.True(t, begin("X-Forwarded-Proto", "https").Cookies()[0].Secure)

	for _, foreign := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://evil.example"}} {
		resp := begin(foreign...)
		require.Equal(t, http.StatusForbidden, resp.StatusCode, "no other page signs anybody in: %v", foreign)
		require.Empty(t, resp.Cookies())
	}
	ticket, err := temporalclient.NewCodecTicket(t.Context(), e.sessions, "me")
	require.NoError(t, err)
	for name, value := range map[string]string{
		"altered": cookie.Value[:len(cookie.Value)-4] + "AAAA", "cut": cookie.Value[:20], "empty": "", "a ticket": ticket,
	} {
		status, _ := e.reads(http.DefaultClient, "Origin", webUI, "Cookie", "wxdesk_codec="+value)
		require.Equal(t, http.StatusUnauthorized, status, name)
	}
	status, _ := e.reads(http.DefaultClient, "Origin", webUI, "Cookie", "wxdesk_codec="+cookie.Value)
	require.Equal(t, http.StatusOK, status)
}

func TestCodec_signingInAndOut(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := browser(t)
	for token, want := range map[string]int{"": 401, "wxd_other": 401, "wxd_supervisor": 403} {
		require.Equal(t, want, e.signsIn(b, token))
		status, _ := e.reads(b, "Origin", webUI)
		require.Equal(t, http.StatusUnauthorized, status)
	}
	require.Equal(t, http.StatusOK, e.signsIn(b, "wxd_admin"))
	resp, page := e.call(b, http.MethodGet, "/codec/sign-in", "")
	require.Contains(t, page, "id-of-admin")
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	_, page = e.call(b, http.MethodPost, "/codec/sign-out", "", "Origin", e.url)
	require.Contains(t, page, "API token of an admin")
	status, _ := e.reads(b, "Origin", webUI)
	require.Equal(t, http.StatusUnauthorized, status)

	e.tokens.role = nil
	require.Equal(t, http.StatusServiceUnavailable, e.signsIn(b, "wxd_admin"))
	status, _ = e.reads(b, "Authorization", "Bearer wxd_admin")
	require.Equal(t, http.StatusServiceUnavailable, status)
}

func TestCodec_unavailableWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := browser(t)
	require.Equal(t, http.StatusOK, e.signsIn(b, "wxd_admin"))
	e.sessions.err = errors.New("no database")
	require.Equal(t, http.StatusServiceUnavailable, e.signsIn(browser(t), "wxd_admin"))
	require.Equal(t, http.StatusServiceUnavailable, e.takes(browser(t), "AAAA"))
	status, _ := e.reads(b, "Origin", webUI)
	require.Equal(t, http.StatusServiceUnavailable, status)
	resp, page := e.call(b, http.MethodPost, "/codec/sign-out", "", "Origin", e.url)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Contains(t, page, "still signed in")
}

func TestCodec_signOutEndsTheSessionOnTheServer(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := browser(t)
	require.Equal(t, http.StatusOK, e.signsIn(b, "wxd_admin"))
	stolen := "wxdesk_codec=" + e.cookie(b)
	status, _ := e.reads(http.DefaultClient, "Origin", webUI, "Cookie", stolen)
	require.Equal(t, http.StatusOK, status)

	e.call(b, http.MethodPost, "/codec/sign-out", "", "Origin", e.url)
	status, _ = e.reads(http.DefaultClient, "Origin", webUI, "Cookie", stolen)
	require.Equal(t, http.StatusUnauthorized, status, "a copy of the cookie is of no use")
}

func TestCodec_ticketSignsInOnceNeverByALink(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	ticket, err := temporalclient.NewCodecTicket(t.Context(), e.sessions, "wxdesk dev")
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, e.sessions.lifetime)

	b := browser(t)
	resp, page := e.call(b, http.MethodGet, temporalclient.CodecSignIn("", ticket), "")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, page, `name="ticket" value="`+ticket+`"`)
	require.Empty(t, resp.Cookies(), "another site's link signs nobody in")
	require.Equal(t, http.StatusForbidden, e.takes(b, ticket, "Sec-Fetch-Site", "cross-site"))
	status, _ := e.reads(b, "Origin", webUI)
	require.Equal(t, http.StatusUnauthorized, status)

	require.Equal(t, http.StatusOK, e.takes(b, ticket, "Sec-Fetch-Site", "same-origin"))
	status, _ = e.reads(b, "Origin", webUI)
	require.Equal(t, http.StatusOK, status)
	_, page = e.call(b, http.MethodGet, "/codec/sign-in", "")
	require.Contains(t, page, "wxdesk dev")

	again := browser(t)
	for name, bad := range map[string]string{"used": ticket, "made up": "AAAA", "a cookie": e.cookie(b)} {
		require.Equal(t, http.StatusUnauthorized, e.takes(again, bad), name)
		status, _ := e.reads(again, "Origin", webUI)
		require.Equal(t, http.StatusUnauthorized, status, name)
	}
}

// S1
func TestCodec_logsNoContent(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	b := browser(t)
	e.signsIn(b, "wxd_admin")
	e.reads(b, "Origin", webUI)
	e.reads(http.DefaultClient, "Authorization", "Bearer wxd_admin")
	e.reads(http.DefaultClient, "Authorization", "Bearer wxd_unknown", "Origin", "http://evil.example/"+canary)
	ticket, err := temporalclient.NewCodecTicket(t.Context(), e.sessions, "wxdesk dev")
	require.NoError(t, err)
	e.call(b, http.MethodGet, "/codec/sign-in?ticket="+ticket, "")
	e.takes(b, ticket)

	log := e.logged()
	require.Equal(t, 2, strings.Count(log, `actor=id-of-admin route="POST /codec/decode" count=1`), log)
	require.Contains(t, log, `msg="codec endpoint signed in" service=wxdesk actor="wxdesk dev"`)
	require.Contains(t, log, "reason=another-origin status=403")
	for _, secret := range []string{canary, "wxd_", ticket, ticket[:20]} {
		require.NotContains(t, log, secret)
	}
}

func TestCodec_refusesLargeRequests(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	resp, _ := e.call(http.DefaultClient, http.MethodPost, "/codec/decode", strings.Repeat(" ", 9<<20), "Authorization", "Bearer wxd_admin", "Content-Type", "application/json")
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
}

func TestCodecEndpoint_opensOnlyTheNamespaceShown(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t)
	payloads, err := of(temporalclient.NewCodec(e.ring), "default", "one").Encode(plain(t))
	require.NoError(t, err)
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: payloads})
	require.NoError(t, err)
	for namespace, status := range map[string]int{"default": http.StatusOK, "": http.StatusOK, "other": http.StatusBadRequest, "defaul": http.StatusBadRequest} {
		resp, _ := e.call(http.DefaultClient, http.MethodPost, "/codec/decode", string(text), "Authorization", "Bearer wxd_admin", "Content-Type", "application/json", "X-Namespace", namespace)
		require.Equal(t, status, resp.StatusCode, namespace)
	}
}
