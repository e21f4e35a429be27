package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

// S9, A04
func TestTries_limitGuessedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, stop := apitest.Run(t, w)
		require.Equal(t, http.StatusOK, apitest.AskFrom(t, h, "192.0.2.9:1", "agent", "/v1/conversations").Code)
		for i := range 200 {
			apitest.RequireProblem(t, apitest.AskFrom(t, h, fmt.Sprintf("192.0.2.%d:1", i), uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		}
		for range 1000 {
			answer := apitest.AskFrom(t, h, "192.0.2.200:1", uuid.NewString(), "/v1/events")
			apitest.RequireProblem(t, answer, http.StatusTooManyRequests, "too-many-tries")
			require.Equal(t, "2", answer.Header().Get("Retry-After"))
		}
		require.Equal(t, http.StatusOK, apitest.AskFrom(t, h, "192.0.2.9:1", "agent", "/v1/conversations").Code, "who was let in before is let in")
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.3.1:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "[2001:db8::1]:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		time.Sleep(2 * time.Second)
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.200:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")

		time.Sleep(time.Minute)
		synctest.Wait()
		refused := func(kind access.DenialKind, network string, count int) access.Denials {
			return access.Denials{Count: count, Denial: access.Denial{
				Tenant: conversation.DefaultTenant, Actor: "unknown", Kind: kind, Network: network,
			}}
		}
		require.ElementsMatch(t, []access.Denials{
			refused(access.DeniedToken, "192.0.2.0/24", 201), refused(access.DeniedTries, "192.0.2.0/24", 1000),
			refused(access.DeniedToken, "192.0.3.0/24", 1), refused(access.DeniedToken, "2001:db8::/64", 1),
		}, w.Refusals)
		require.Equal(t, 4, strings.Count(w.Logged(), "access refused"))
		stop()
	})
}

// A04
func TestTries_limitGuessedIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		for range 100 {
			apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		}
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusTooManyRequests, "too-many-tries")
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.7.1:1", "supervisor", "/v1/conversations/1"), http.StatusTooManyRequests, "too-many-tries")
		require.Equal(t, http.StatusOK, apitest.AskFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations").Code, "what needs no id goes on")
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.1:1", "admin", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		time.Sleep(6 * time.Second)
		apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, w.Refusals, access.Denials{Count: 1, Denial: access.Denial{
			Tenant: conversation.DefaultTenant, Actor: "token-of-supervisor", Kind: access.DeniedGuesses, Network: "192.0.2.0/24",
		}})
	})
}

// M01
func TestRefusals_auditedAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, stop := apitest.Run(t, w)
		for range 3 {
			apitest.RequireProblem(t, apitest.AskFrom(t, h, "192.0.2.1:1", "agent", "/v1/accounts"), http.StatusForbidden, "forbidden")
		}
		stop()
		synctest.Wait()
		require.Equal(t, []access.Denials{{Count: 3, Denial: access.Denial{
			Tenant: conversation.DefaultTenant, Actor: "token-of-agent", Kind: access.DeniedRole, Network: "192.0.2.0/24",
		}}}, w.Refusals)
	})
}

// A20, A21
func TestRefusals_ofOtherSitesAreAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, stop := apitest.Run(t, w)
		session := w.People.Enter(w.People.Add(user.User{Name: "Boss", Role: access.RoleSupervisor}))
		for _, asked := range [][2]string{{http.MethodGet, "/v1/events"}, {http.MethodDelete, "/v1/session"}} {
			answer := apitest.Browse(t, h, session, asked[0], asked[1], "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site")
			apitest.RequireProblem(t, answer, http.StatusForbidden, "foreign-origin")
		}
		stop()
		synctest.Wait()
		require.Equal(t, []access.Denials{{Count: 2, Denial: access.Denial{
			Tenant: conversation.DefaultTenant, Actor: "unknown", Kind: access.DeniedOrigin, Network: "192.0.2.0/24",
		}}}, w.Refusals)
	})
}

func TestRefusals_manyNetworksBecomeOneEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, stop := apitest.Run(t, w)
		for i := range 500 {
			apitest.AskFrom(t, h, fmt.Sprintf("10.%d.%d.1:1", i/250, i%250), "nobody", "/v1/conversations")
		}
		stop()
		synctest.Wait()
		require.Len(t, w.Refusals, 101)
		sum := 0
		for _, r := range w.Refusals {
			sum += r.Count
		}
		require.Equal(t, 500, sum)
	})
}
