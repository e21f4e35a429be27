package people_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/user"
)

// linked is an office with an administrator who has no password yet, and the code of a link for them.
func linked(hereOnly bool) (o *office, code string) {
	o = newOffice()
	fresh := o.People.Add(user.User{Name: "Fresh", Role: access.RoleAdmin})
	o.People.Rehash(fresh.ID, "")
	return o, o.People.Invite(fresh, hereOnly)
}

func TestLink_signsInOnceWithANewPassword(t *testing.T) {
	t.Parallel()
	o, code := linked(false)
	by := func(body map[string]string) *answerOf { return &answerOf{o.post(t, home, "/v1/session/link", body)} }
	by(map[string]string{"code": code}).is(t, http.StatusUnprocessableEntity, "password-needed")
	for _, bad := range []string{"too short", strings.Repeat("x", 129), strings.Repeat("x", 20_000)} {
		by(map[string]string{"code": code, "password": bad}).is(t, http.StatusUnprocessableEntity, "invalid")
	}
	by(map[string]string{"code": "link-0", "password": "battery staple"}).is(t, http.StatusUnauthorized, "link-refused")

	session := cookieOf(t, o.post(t, home, "/v1/session/link", map[string]string{"code": code, "password": "battery staple"})).Value
	require.Equal(t, http.StatusOK, apitest.Browse(t, o, session, http.MethodGet, "/v1/me", "").Code)
	by(map[string]string{"code": code, "password": "battery staple"}).is(t, http.StatusUnauthorized, "link-refused")
	require.Equal(t, http.StatusOK, o.signIn(t, home, "Fresh", "battery staple").Code)
	require.NotContains(t, o.Logged(), code)
}

func TestLink_thePasswordMayNotBeTheName(t *testing.T) {
	t.Parallel()
	o := newOffice()
	long := o.People.Add(user.User{Name: "Somebody Long", Role: access.RoleAdmin})
	answer := o.post(t, home, "/v1/session/link", map[string]string{"code": o.People.Invite(long, false), "password": "somebody long"})
	apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	require.NotContains(t, answer.Body.String(), "somebody long")
}

// A link of `wxdesk dev` needs no password. It does not work from another machine, nor through a proxy on this one.
func TestLink_ofDevWorksOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	o, code := linked(true)
	body := map[string]string{"code": code}
	apitest.RequireProblem(t, o.post(t, home, "/v1/session/link", body), http.StatusUnauthorized, "link-refused")
	forwarded := apitest.Browse(t, o, "", http.MethodPost, "/v1/session/link", `{"code":"`+code+`"}`, "X-Forwarded-For", "127.0.0.1")
	apitest.RequireProblem(t, forwarded, http.StatusUnauthorized, "link-refused")
	cookieOf(t, o.post(t, "127.0.0.1:5", "/v1/session/link", body))
	apitest.RequireProblem(t, o.post(t, "127.0.0.1:5", "/v1/session/link", body), http.StatusUnauthorized, "link-refused")
}

// A code has 256 bits, so nobody guesses one. Many tries are refused all the same, as with API tokens.
func TestLink_whoGuessesWaits(t *testing.T) {
	t.Parallel()
	o, _ := linked(false)
	var last *answerOf
	for range 201 {
		last = &answerOf{o.post(t, home, "/v1/session/link", map[string]string{"code": "guess"})}
	}
	last.is(t, http.StatusTooManyRequests, "too-many-tries")
}

func TestPassword_needsTheOneUntilNow(t *testing.T) {
	t.Parallel()
	o := newOffice()
	here, there := o.People.Enter(o.agent), o.People.Enter(o.agent)
	set := func(body string) *answerOf {
		return &answerOf{apitest.Browse(t, o, here, http.MethodPut, "/v1/me/password", body)}
	}
	set(`{"password":"battery staple"}`).is(t, http.StatusUnprocessableEntity, "invalid")
	set(`{"password":"battery staple","current":"wrong horse"}`).is(t, http.StatusUnprocessableEntity, "invalid")
	set(`{"password":"short","current":"`+apitest.Password+`"}`).is(t, http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, http.StatusNoContent, set(`{"password":"battery staple","current":"`+apitest.Password+`"}`).Code)

	require.Equal(t, http.StatusOK, apitest.Browse(t, o, here, http.MethodGet, "/v1/me", "").Code)
	require.Equal(t, http.StatusUnauthorized, apitest.Browse(t, o, there, http.MethodGet, "/v1/me", "").Code, "other sessions end")
	require.Equal(t, http.StatusOK, o.signIn(t, home, "王芳", "battery staple").Code)
	for range user.MaxTries {
		set(`{"password":"battery staples","current":"wrong horse"}`)
	}
	set(`{"password":"battery staples","current":"battery staple"}`).is(t, http.StatusTooManyRequests, "too-many-tries")
}

// Somebody who signs in by a link may have forgotten their password. Fifteen minutes later it may be somebody else at a desk that was left open.
func TestPassword_afterALink(t *testing.T) {
	t.Parallel()
	now := time.Now()
	o := newOffice()
	cfg := o.Config()
	cfg.Now = func() time.Time { return now }
	o.People.Now = cfg.Now
	o.Handler = handlerOf(cfg)
	session := cookieOf(t, o.post(t, home, "/v1/session/link", map[string]string{"code": o.People.Invite(o.agent, false)})).Value
	set := func() int {
		return apitest.Browse(t, o, session, http.MethodPut, "/v1/me/password", `{"password":"battery staple"}`).Code
	}
	require.Equal(t, http.StatusNoContent, set())
	now = now.Add(15 * time.Minute)
	require.Equal(t, http.StatusUnprocessableEntity, set())
}
