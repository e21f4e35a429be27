package people_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

func TestSignIn_setsACookieNoScriptReads(t *testing.T) {
	t.Parallel()
	o := newOffice()
	answer := o.signIn(t, home, "王芳", apitest.Password)
	cookie := cookieOf(t, answer)
	require.True(t, cookie.Secure)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	require.Equal(t, "/", cookie.Path)
	require.Empty(t, cookie.Domain)
	require.Zero(t, cookie.MaxAge, "it ends with the browser")
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))

	got := apitest.Decode[me](t, answer)
	require.Equal(t, "王芳", got.Name)
	require.Equal(t, "agent", got.Role)
	require.Equal(t, string(o.agent.ID), *got.UserID)
	require.NotNil(t, got.Agent)
	require.False(t, got.Shift, "nobody is at work before they say so")
	require.Equal(t, "zh-CN", got.Locale)
	require.JSONEq(t, answer.Body.String(), apitest.Browse(t, o, cookie.Value, http.MethodGet, "/v1/me", "").Body.String())
	require.NotContains(t, o.Logged(), cookie.Value)
	require.NotContains(t, o.Logged(), "王芳")
}

// A name is found in each of its spellings, and a password is the same from each kind of keyboard.
func TestSignIn_spellings(t *testing.T) {
	t.Parallel()
	o := newOffice()
	for _, name := range []string{"lin", "LIN", "Ｌｉｎ", " Lin "} {
		require.Equal(t, http.StatusOK, o.signIn(t, home, name, apitest.Password).Code, name)
	}
	require.Equal(t, http.StatusUnauthorized, o.signIn(t, home, "Lin", strings.ToUpper(apitest.Password)).Code)
}

func TestSignIn_endsTheBrowsersLastSession(t *testing.T) {
	t.Parallel()
	o := newOffice()
	before := o.People.Enter(o.agent)
	answer := apitest.Browse(t, o, before, http.MethodPost, "/v1/session", `{"name":"Lin","password":"`+apitest.Password+`"}`)
	require.NotEqual(t, before, cookieOf(t, answer).Value)
	apitest.RequireProblem(t, apitest.Browse(t, o, before, http.MethodGet, "/v1/me", ""), http.StatusUnauthorized, "unauthenticated")
}

// A22, S10
// Nobody learns what was wrong, and the eleventh try is refused, right or not.
func TestSignIn_tellsNothing(t *testing.T) {
	t.Parallel()
	o := newOffice()
	gone := o.People.Add(user.User{Name: "Gone", Role: access.RoleAdmin, Disabled: true})
	fresh := o.People.Add(user.User{Name: "New", Role: access.RoleAdmin})
	o.People.Rehash(fresh.ID, "")
	want := o.signIn(t, home, "Lin", "wrong horse")
	apitest.RequireProblem(t, want, http.StatusUnauthorized, "sign-in-refused")
	for name, password := range map[string]string{
		"nobody": apitest.Password, gone.Name: apitest.Password, fresh.Name: "", "Boss": strings.Repeat("x", 10_000), "王芳": "wrong\u200bhorse",
	} {
		answer := o.signIn(t, home, name, password)
		require.Equal(t, want.Code, answer.Code, name)
		require.Equal(t, want.Body.String(), answer.Body.String(), name)
		require.Equal(t, want.Header(), answer.Header(), name)
	}
	require.NotContains(t, o.Logged(), "horse")
}

// A22
// Tries count for each name from all networks, and for each network with all names. Others can sign in meanwhile.
func TestSignIn_refusesTheEleventhTry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice()
	o.People.Now = func() time.Time { return now }
	for i := range user.MaxTries {
		require.Equal(t, http.StatusUnauthorized, o.signIn(t, fmt.Sprintf("198.51.%d.7:1", i), "Lin", "wrong horse").Code)
	}
	refused := o.signIn(t, home, "Lin", apitest.Password)
	apitest.RequireProblem(t, refused, http.StatusTooManyRequests, "too-many-tries")
	require.Equal(t, "900", refused.Header().Get("Retry-After"))
	for i := range user.MaxTries {
		require.Equal(t, http.StatusUnauthorized, o.signIn(t, "203.0.113.9:1", fmt.Sprint("nobody ", i), "wrong horse").Code)
	}
	apitest.RequireProblem(t, o.signIn(t, "203.0.113.77:1", "王芳", apitest.Password), http.StatusTooManyRequests, "too-many-tries")
	require.Equal(t, http.StatusOK, o.signIn(t, "[2001:db8::1]:1", "王芳", apitest.Password).Code)

	now = now.Add(user.TriesWithin)
	require.Equal(t, http.StatusOK, o.signIn(t, "203.0.113.77:1", "Lin", apitest.Password).Code)
}

// People of an office share one address. A right password does not use up a try.
func TestSignIn_whoIsRightUsesNoTryUp(t *testing.T) {
	t.Parallel()
	o := newOffice()
	for range 3 * user.MaxTries {
		require.Equal(t, http.StatusOK, o.signIn(t, home, "王芳", apitest.Password).Code)
	}
}

// A22
// Of a hundred tries at once, at most ten are hashed. On a slow machine some of these ten are answered 503.
func TestSignIn_aHundredAtOnce(t *testing.T) {
	t.Parallel()
	o := newOffice()
	codes := make([]int, 100)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() { codes[i] = o.signIn(t, home, "Lin", "wrong horse").Code })
	}
	all.Wait()
	tried := 0
	for _, code := range codes {
		require.Contains(t, []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusServiceUnavailable}, code)
		if code == http.StatusUnauthorized {
			tried++
		}
	}
	require.LessOrEqual(t, tried, user.MaxTries)
	require.Positive(t, tried)
}

// S10
// A name that nobody has takes as long as a wrong password. An answer without a hash would be fifty times faster.
func TestSignIn_unknownNameTakesAsLong(t *testing.T) {
	t.Parallel()
	took := func(name, password string) time.Duration {
		var times []time.Duration
		for range 7 {
			o := newOffice()
			begun := time.Now()
			require.Equal(t, http.StatusUnauthorized, o.signIn(t, home, name, password).Code)
			times = append(times, time.Since(begun))
		}
		return slices.Min(times) // the others had to wait for other tests
	}
	known := took("Lin", "wrong horse")
	require.Greater(t, took("nobody", "wrong horse"), known/4)
	require.Greater(t, took("Lin", strings.Repeat("x", 10_000)), known/4)
}

// weakHash is apitest.Password, hashed with 64 KiB and one pass.
const weakHash = "$argon2id$v=19$m=64,t=1,p=1$LPrGGrr0FWVsKEs0mriO8A$TGRJFyIZvU68EsG4bcBx/GBQM7Y0Z8AFKfZPWFHuslI"

func TestSignIn_rehashesWhenParametersRise(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.People.Rehash(o.agent.ID, weakHash)
	require.Equal(t, http.StatusUnauthorized, o.signIn(t, home, "王芳", "wrong horse").Code)
	require.Zero(t, o.People.Renewed)
	require.Equal(t, http.StatusOK, o.signIn(t, home, "王芳", apitest.Password).Code)
	require.Equal(t, 1, o.People.Renewed)
	require.Equal(t, http.StatusOK, o.signIn(t, home, "王芳", apitest.Password).Code)
	require.Equal(t, 1, o.People.Renewed, "the new one is up to date")
}

func TestSignIn_unavailableWhileTheLedgerIsAway(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.People.Away = fmt.Errorf("count a try: %w", conversation.ErrLater)
	apitest.RequireProblem(t, o.signIn(t, home, "Lin", apitest.Password), http.StatusServiceUnavailable, "unavailable")
	o.People.Away = errors.New("a surprise")
	apitest.RequireProblem(t, o.signIn(t, home, "Lin", apitest.Password), http.StatusInternalServerError, "internal")
}

// A20
// When another site's page makes a browser send a request, the page gets nothing, not even the answer to a preflight.
func TestGuard_refusesOtherSites(t *testing.T) {
	t.Parallel()
	o := newOffice()
	session := o.People.Enter(o.agent)
	for _, headers := range [][]string{
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, // foreign origin
		{"Origin", "https://evil.example", "Sec-Fetch-Site", ""},           // foreign origin, old browser
		{"Origin", "", "Sec-Fetch-Site", ""},                               // no origin
		{"Origin", "null"},                                                 // origin null
		{"Origin", apitest.Origin + ":81"},                                 // another port
		{"Origin", "http://example.com.evil.example"},                      // a host that begins like ours
		{"Origin", "file://example.com"},                                   // another scheme
	} {
		answer := apitest.Browse(t, o, session, http.MethodPut, "/v1/me/shift", "", headers...)
		apitest.RequireProblem(t, answer, http.StatusForbidden, "foreign-origin")
		requireNoCORS(t, answer)
	}
	for _, site := range []string{"cross-site", "same-site", "", "same-origin, none"} {
		answer := apitest.Browse(t, o, session, http.MethodGet, "/v1/me", "", "Sec-Fetch-Site", site)
		apitest.RequireProblem(t, answer, http.StatusForbidden, "foreign-origin")
		requireNoCORS(t, answer)
	}
	preflight := apitest.Call(t, o, "", http.MethodOptions, "/v1/me/shift", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "PUT")
	require.Equal(t, http.StatusMethodNotAllowed, preflight.Code)
	requireNoCORS(t, preflight)
	require.Equal(t, http.StatusNoContent, apitest.Browse(t, o, session, http.MethodPut, "/v1/me/shift", "").Code)

	signIn := apitest.Call(t, o, "", http.MethodPost, "/v1/session", `{"name":"Lin","password":"`+apitest.Password+`"}`, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
	apitest.RequireProblem(t, signIn, http.StatusForbidden, "foreign-origin")
	require.Empty(t, signIn.Header().Values("Set-Cookie"), "nobody is signed in as somebody else")
}

func requireNoCORS(t *testing.T, answer *httptest.ResponseRecorder) {
	t.Helper()
	for name := range answer.Header() {
		require.NotContains(t, name, "Access-Control")
	}
}

// A23, S11
func TestGuard_ignoresIdentityHeaders(t *testing.T) {
	t.Parallel()
	o := newOffice()
	for _, header := range []string{"X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Forwarded-Email", "X-Auth-Request-User"} {
		answer := apitest.Browse(t, o, "", http.MethodGet, "/v1/me", "", header, "Lin")
		apitest.RequireProblem(t, answer, http.StatusUnauthorized, "unauthenticated")
	}
	session := o.People.Enter(o.agent)
	answer := apitest.Browse(t, o, session, http.MethodPut, "/v1/me/shift", "", "Origin", "https://evil.example", "X-Forwarded-Host", "evil.example", "Forwarded", "host=evil.example")
	apitest.RequireProblem(t, answer, http.StatusForbidden, "foreign-origin")
}

func TestGuard_refusesTokenWithSession(t *testing.T) {
	t.Parallel()
	o := newOffice()
	session := o.People.Enter(o.agent)
	for _, header := range []string{"Bearer admin", "Basic x", ""} {
		answer := apitest.Browse(t, o, session, http.MethodGet, "/v1/me", "", "Authorization", header)
		apitest.RequireProblem(t, answer, http.StatusBadRequest, "two-credentials")
	}
}

// A01
// Whatever is wrong with a session, the answer is the same.
func TestGuard_oneAnswerForEveryBadSession(t *testing.T) {
	t.Parallel()
	o := newOffice()
	ended := o.People.Enter(o.agent)
	require.Equal(t, http.StatusNoContent, apitest.Browse(t, o, ended, http.MethodDelete, "/v1/session", "").Code)
	want := apitest.Browse(t, o, "", http.MethodGet, "/v1/me", "")
	for _, session := range []string{ended, "unknown", strings.Repeat("x", 600), "admin"} {
		answer := apitest.Browse(t, o, session, http.MethodGet, "/v1/me", "")
		require.Equal(t, want.Body.String(), answer.Body.String())
		require.Equal(t, want.Header(), answer.Header())
	}
	apitest.RequireProblem(t, apitest.Call(t, o, ended, http.MethodGet, "/v1/me", ""), http.StatusUnauthorized, "unauthenticated")
}
