package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// askFrom sends a request from an address.
func askFrom(t *testing.T, h http.Handler, address, token, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.RemoteAddr = address
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Forwarded-For", "203.0.113.99") // never counts
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A04, S9
func TestBad_A04_guessedTokensAreLimitedAndAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, stop := running(t, w)
		require.Equal(t, http.StatusOK, askFrom(t, h, "192.0.2.9:1", "agent", "/v1/conversations").Code)
		for i := range 200 {
			requireProblem(t, askFrom(t, h, fmt.Sprintf("192.0.2.%d:1", i), uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		}
		for range 1000 {
			answer := askFrom(t, h, "192.0.2.200:1", uuid.NewString(), "/v1/events")
			requireProblem(t, answer, http.StatusTooManyRequests, "too-many-tries")
			require.Equal(t, "2", answer.Header().Get("Retry-After"))
		}
		require.Equal(t, http.StatusOK, askFrom(t, h, "192.0.2.9:1", "agent", "/v1/conversations").Code, "who was let in before is let in")
		requireProblem(t, askFrom(t, h, "192.0.3.1:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		requireProblem(t, askFrom(t, h, "[2001:db8::1]:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")
		time.Sleep(2 * time.Second)
		requireProblem(t, askFrom(t, h, "192.0.2.200:1", uuid.NewString(), "/v1/conversations"), http.StatusUnauthorized, "unauthenticated")

		time.Sleep(time.Minute)
		synctest.Wait()
		refused := func(kind conversation.AccessRefusalKind, network string, count int) conversation.AccessRefusals {
			return conversation.AccessRefusals{Count: count, AccessRefusal: conversation.AccessRefusal{
				Tenant: conversation.DefaultTenant, Actor: "unknown", Kind: kind, Network: network,
			}}
		}
		require.ElementsMatch(t, []conversation.AccessRefusals{
			refused(conversation.RefusedToken, "192.0.2.0/24", 201), refused(conversation.RefusedTries, "192.0.2.0/24", 1000),
			refused(conversation.RefusedToken, "192.0.3.0/24", 1), refused(conversation.RefusedToken, "2001:db8::/64", 1),
		}, w.refusals)
		require.Equal(t, 4, strings.Count(w.logged(), "access refused"))
		stop()
	})
}

// A04
func TestBad_A04_guessedIDsAreLimitedAndAudited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, _ := running(t, w)
		for range 100 {
			requireProblem(t, askFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		}
		requireProblem(t, askFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusTooManyRequests, "too-many-tries")
		requireProblem(t, askFrom(t, h, "192.0.7.1:1", "supervisor", "/v1/conversations/1"), http.StatusTooManyRequests, "too-many-tries")
		require.Equal(t, http.StatusOK, askFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations").Code, "what needs no id goes on")
		requireProblem(t, askFrom(t, h, "192.0.2.1:1", "admin", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		time.Sleep(6 * time.Second)
		requireProblem(t, askFrom(t, h, "192.0.2.1:1", "supervisor", "/v1/conversations/"+uuid.NewString()), http.StatusNotFound, "not-found")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, w.refusals, conversation.AccessRefusals{Count: 1, AccessRefusal: conversation.AccessRefusal{
			Tenant: conversation.DefaultTenant, Actor: "token-of-supervisor", Kind: conversation.RefusedGuesses, Network: "192.0.2.0/24",
		}})
	})
}

// M01
func TestRefusals_ofRolesAreAuditedWhenTheProcessStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, stop := running(t, w)
		for range 3 {
			requireProblem(t, askFrom(t, h, "192.0.2.1:1", "agent", "/v1/accounts"), http.StatusForbidden, "forbidden")
		}
		stop()
		synctest.Wait()
		require.Equal(t, []conversation.AccessRefusals{{Count: 3, AccessRefusal: conversation.AccessRefusal{
			Tenant: conversation.DefaultTenant, Actor: "token-of-agent", Kind: conversation.RefusedRole, Network: "192.0.2.0/24",
		}}}, w.refusals)
	})
}

func TestRefusals_ofManyNetworksAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		h, stop := running(t, w)
		for i := range 500 {
			askFrom(t, h, fmt.Sprintf("10.%d.%d.1:1", i/250, i%250), "nobody", "/v1/conversations")
		}
		stop()
		synctest.Wait()
		require.Len(t, w.refusals, 101)
		sum := 0
		for _, r := range w.refusals {
			sum += r.Count
		}
		require.Equal(t, 500, sum)
	})
}
