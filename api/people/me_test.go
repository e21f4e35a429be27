package people_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/user"
)

func handlerOf(cfg api.Config) http.Handler { return api.New(cfg).Handler() }

// answerOf is an answer that a test looks at.
type answerOf struct{ *httptest.ResponseRecorder }

func (a *answerOf) is(t *testing.T, status int, kind string) {
	t.Helper()
	apitest.RequireProblem(t, a.ResponseRecorder, status, kind)
}

func TestSessions_listedAndEnded(t *testing.T) {
	t.Parallel()
	o := newOffice()
	here, there, other := o.People.Enter(o.agent), o.People.Enter(o.agent), o.People.Enter(o.boss)
	answer := apitest.Browse(t, o, here, http.MethodGet, "/v1/me/sessions", "")
	list := apitest.Decode[struct {
		Items []struct {
			ID      string
			Current bool
		}
	}](t, answer)
	require.Len(t, list.Items, 2)
	require.NotContains(t, answer.Body.String(), here)
	for _, s := range list.Items {
		apitest.RequireProblem(t, apitest.Browse(t, o, other, http.MethodDelete, "/v1/me/sessions/"+s.ID, ""), http.StatusNotFound, "not-found")
		if !s.Current {
			require.Equal(t, http.StatusNoContent, apitest.Browse(t, o, here, http.MethodDelete, "/v1/me/sessions/"+s.ID, "").Code)
		}
	}
	require.Equal(t, http.StatusUnauthorized, apitest.Browse(t, o, there, http.MethodGet, "/v1/me", "").Code)

	out := apitest.Browse(t, o, here, http.MethodDelete, "/v1/session", "")
	require.Equal(t, http.StatusNoContent, out.Code)
	require.Negative(t, cookieOf(t, out).MaxAge)
	require.Equal(t, http.StatusUnauthorized, apitest.Browse(t, o, here, http.MethodGet, "/v1/me", "").Code)
}

func TestPreferences_knownMembersOnly(t *testing.T) {
	t.Parallel()
	o := newOffice()
	session := o.People.Enter(o.agent)
	change := func(body string) *answerOf {
		return &answerOf{apitest.Browse(t, o, session, http.MethodPatch, "/v1/me/preferences", body)}
	}
	require.JSONEq(t, `{"locale":"en","volume":0,"shortcuts":false}`, change(`{"locale":"en","volume":0,"shortcuts":false}`).Body.String())
	require.JSONEq(t, `{"locale":"en","volume":0,"shortcuts":false,"send_key":"ctrl-enter"}`, change(`{"send_key":"ctrl-enter"}`).Body.String())
	for _, body := range []string{`{"colour":"red"}`, `{"volume":101}`, `{"theme":"blue"}`, `{"locale":"fr"}`} {
		change(body).is(t, http.StatusUnprocessableEntity, "invalid")
	}
	got := apitest.Decode[me](t, apitest.Browse(t, o, session, http.MethodGet, "/v1/me", ""))
	require.Equal(t, "en", got.Locale)
	require.Equal(t, "ctrl-enter", got.Preferences["send_key"])
}

// DIA-3
// Role and agent are two things: a supervisor who answers customers has work of their own, and still sees everything.
func TestRoles_aSupervisorMayAnswerToo(t *testing.T) {
	t.Parallel()
	o := newOffice()
	both, leads := o.People.Enter(o.boss), o.People.EnterAs(access.RoleSupervisor)
	got := apitest.Decode[me](t, apitest.Browse(t, o, both, http.MethodGet, "/v1/me", ""))
	require.Equal(t, "supervisor", got.Role)
	require.NotNil(t, got.Agent)
	for _, route := range []string{"GET /v1/me/work", "PUT /v1/me/shift"} {
		method, path := route[:3], route[4:]
		require.Less(t, apitest.Browse(t, o, both, method, path, "").Code, 300, route)
		apitest.RequireProblem(t, apitest.Browse(t, o, leads, method, path, ""), http.StatusForbidden, "forbidden")
	}
	require.Equal(t, http.StatusOK, apitest.Browse(t, o, both, http.MethodGet, "/v1/rulesets", "").Code)
}

// A person's command keeps its key across a new sign-in: the key belongs to the person.
func TestCommands_keepTheirKeyAcrossSignIns(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.KnownConversations = apitest.WithConversations(1).KnownConversations
	for range 2 {
		session := o.People.Enter(o.agent)
		require.Equal(t, http.StatusOK, apitest.Browse(t, o, session, http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k").Code)
	}
	require.NotEmpty(t, o.Orders)
	for _, order := range o.Orders {
		require.Equal(t, string(o.agent.ID), order.ActorID)
	}
}

// S9
// When a session ends, its streams end within a second, whoever has ended it. A change of rights does the same.
func TestEvents_endWithTheirSession(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, o *office, session string){
		"signed out": func(t *testing.T, o *office, session string) {
			t.Helper()
			apitest.Browse(t, o, session, http.MethodDelete, "/v1/session", "")
		},
		"disabled": func(t *testing.T, o *office, _ string) {
			t.Helper()

			apitest.Call(t, o, "admin", http.MethodPatch, "/v1/users/"+string(o.agent.ID), `{"disabled":true}`)
		},
		"deleted": func(t *testing.T, o *office, _ string) {
			t.Helper()

			apitest.Call(t, o, "admin", http.MethodDelete, "/v1/users/"+string(o.agent.ID), "")
		},
		"another role": func(t *testing.T, o *office, _ string) {
			t.Helper()

			apitest.Call(t, o, "admin", http.MethodPatch, "/v1/users/"+string(o.agent.ID), `{"role":"supervisor"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice()
				o.Handler, _ = apitest.Run(t, o.World)
				session := o.People.Enter(o.agent)
				l := apitest.OpenStreamIn(t, o, session)
				time.Sleep(time.Minute + time.Second)
				select {
				case <-l.Ended:
					t.Fatal("the stream has ended by itself")
				default:
				}
				end(t, o, session)
				begun := time.Now()
				<-l.Ended
				require.LessOrEqual(t, time.Since(begun), time.Second)
			})
		})
	}
}

// A21, S11
// The event stream refuses what all other operations refuse.
func TestEvents_refuseOtherSites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice()
		o.Handler, _ = apitest.Run(t, o.World)
		session := o.People.Enter(o.agent)
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", ""}, {"Sec-Fetch-Site", "same-site"}} {
			l := apitest.OpenStreamIn(t, o, session, headers...)
			<-l.Ended
			apitest.RequireProblem(t, l.ResponseRecorder, http.StatusForbidden, "foreign-origin")
		}
		l := apitest.OpenStreamIn(t, o, session, "Authorization", "Bearer agent")
		<-l.Ended
		apitest.RequireProblem(t, l.ResponseRecorder, http.StatusBadRequest, "two-credentials")
		require.Zero(t, o.Agents.Connected())

		open := apitest.OpenStreamIn(t, o, session)
		require.Equal(t, "text/event-stream", open.Header().Get("Content-Type"))
		require.Equal(t, 1, o.Agents.Connected(), "whether it counts is the ledger's to say")
	})
}

func TestUsers_areKeptByAdministrators(t *testing.T) {
	t.Parallel()
	o := newOffice()
	session := o.People.Enter(o.admin)
	ask := func(method, path, body string, headers ...string) *answerOf {
		return &answerOf{apitest.Browse(t, o, session, method, path, body, headers...)}
	}
	created := ask(http.MethodPost, "/v1/users", `{"name":"Mei","role":"agent","agent_id":"`+apitest.AccountB+`"}`)
	require.Equal(t, http.StatusCreated, created.Code, created.Body.String())
	mei := apitest.Decode[struct {
		ID          string
		HasPassword bool `json:"has_password"`
	}](t, created.ResponseRecorder)
	path := "/v1/users/" + mei.ID
	require.Equal(t, path, created.Header().Get("Location"))
	require.Equal(t, `"1"`, created.Header().Get("ETag"))
	require.False(t, mei.HasPassword)

	for _, body := range []string{
		`{"name":"A","role":"agent"}`, `{"name":" A","role":"admin"}`, `{"name":"A\u0007","role":"admin"}`, `{"name":"A","role":"root"}`,
		`{"name":"A","role":"admin","agent_id":"x"}`, `{"name":"A","role":"admin","agent_id":"` + string(apitest.UnknownAgent) + `"}`,
		`{"name":"A","role":"admin","password":"correct horse"}`,
	} {
		ask(http.MethodPost, "/v1/users", body).is(t, http.StatusUnprocessableEntity, "invalid")
	}
	ask(http.MethodPost, "/v1/users", `{"name":"mei","role":"admin"}`).is(t, http.StatusConflict, "exists")
	ask(http.MethodPatch, path, `{"name":"Mai"}`, "If-Match", `"2"`).is(t, http.StatusPreconditionFailed, "changed-meanwhile")
	ask(http.MethodPatch, path, `{"agent_id":null}`).is(t, http.StatusUnprocessableEntity, "invalid")
	require.Equal(t, `"2"`, ask(http.MethodPatch, path, `{"role":"supervisor","agent_id":null}`).Header().Get("ETag"))
	require.Contains(t, ask(http.MethodGet, "/v1/users?limit=1", "").Body.String(), `"next":"`)

	link := ask(http.MethodPost, path+"/link", "")
	require.Equal(t, http.StatusCreated, link.Code, link.Body.String())
	require.Contains(t, link.Body.String(), `"https://desk.example/welcome#link-`)
	require.Equal(t, http.StatusNoContent, ask(http.MethodDelete, path, "").Code)
	ask(http.MethodGet, path, "").is(t, http.StatusNotFound, "not-found")
	ask(http.MethodPost, path+"/link", "").is(t, http.StatusNotFound, "not-found")
}

// M06
func TestUsers_lastAdministratorStays(t *testing.T) {
	t.Parallel()
	o := newOffice()
	session, path := o.People.Enter(o.admin), "/v1/users/"+string(o.admin.ID)
	for _, change := range []string{`{"role":"supervisor"}`, `{"disabled":true}`} {
		apitest.RequireProblem(t, apitest.Browse(t, o, session, http.MethodPatch, path, change), http.StatusConflict, "last-administrator")
	}
	apitest.RequireProblem(t, apitest.Browse(t, o, session, http.MethodDelete, path, ""), http.StatusConflict, "last-administrator")
	boss := o.People.Enter(o.boss)
	apitest.RequireProblem(t, apitest.Browse(t, o, boss, http.MethodPatch, "/v1/users/"+string(o.boss.ID), `{"role":"admin"}`), http.StatusForbidden, "forbidden")

	o.People.Add(user.User{Name: "Second", Role: access.RoleAdmin})
	require.Equal(t, http.StatusOK, apitest.Browse(t, o, session, http.MethodPatch, path, `{"role":"supervisor"}`).Code)
	require.Equal(t, http.StatusUnauthorized, apitest.Browse(t, o, session, http.MethodGet, "/v1/users", "").Code, "rights are as of the sign-in")
}
