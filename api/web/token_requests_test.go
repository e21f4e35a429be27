package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// slowPlan is an installation whose routing plan is read for as long as the test wants.
type slowPlan struct {
	apitest.NoSetup
	inside *atomic.Int32
	read   chan struct{} // closed when reading ends
}

func (p slowPlan) RoutingPlan(context.Context, conversation.Tenant, conversation.WorkstreamID) (routing.Plan, error) {
	p.inside.Add(1)
	<-p.read
	return routing.Plan{}, nil
}

// R19
// Of one API token a process has eight requests under way. Further ones wait for two seconds and are told to come again; those of
// other tokens are not held up.
func TestTokenRequests_eightAtATime(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		const many, places = 100, 8
		people := slowPlan{inside: new(atomic.Int32), read: make(chan struct{})}
		cfg, g := apitest.NewWorld().Config(), apitest.NewGauges()
		cfg.Admin.RoutingPlans, cfg.Meters = people, g.Meters
		h := api.New(cfg).Handler()
		var asking sync.WaitGroup
		answers := make(chan *httptest.ResponseRecorder, many+1)
		ask := func(role string) {
			asking.Go(func() {
				answers <- apitest.Call(t, h, role, http.MethodGet, "/v1/rulesets/export?workstream_id="+apitest.ConvA, "")
			})
		}
		for range many {
			ask("admin")
		}
		synctest.Wait()
		require.EqualValues(t, places, people.inside.Load())
		require.Empty(t, answers)
		ask("supervisor")
		synctest.Wait()
		require.EqualValues(t, places+1, people.inside.Load(), "another token is not held up")
		require.EqualValues(t, places, g.Points(t, "wxdesk_limit_used")["requests-of-a-token"])

		<-time.After(2 * time.Second)
		synctest.Wait()
		require.Len(t, answers, many-places)
		for range many - places {
			answer := <-answers
			apitest.RequireProblem(t, answer, http.StatusTooManyRequests, "too-many-requests")
			require.Equal(t, "1", answer.Header().Get("Retry-After"))
		}
		close(people.read)
		asking.Wait()
		for range places + 1 {
			require.Equal(t, http.StatusOK, (<-answers).Code)
		}
		require.Equal(t, http.StatusOK, apitest.Call(t, h, "admin", http.MethodGet, "/v1/rulesets/export?workstream_id="+apitest.ConvA, "").Code, "there is room again")
	})
}
