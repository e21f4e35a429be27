package callback_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// C29
func TestEndpoint_answersInTimeWhenStalled(t *testing.T) {
	t.Parallel()
	t.Run("the account", func(t *testing.T) {
		apitest.InFakeTime(t, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h, blocked := g.In(w), apitest.Stall(t)
			w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
				return account.CallbackAccount{}, blocked()
			})
			apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusServiceUnavailable, "")
		})
	})
	t.Run("the conversation, after a slow account", func(t *testing.T) {
		apitest.InFakeTime(t, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h, blocked := g.In(w), apitest.Stall(t)
			find := w.FindAccount
			w.SetFindAccount(func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
				time.Sleep(900 * time.Millisecond) // fake
				return find(ctx, id)
			})
			w.TakeCallback = func(context.Context, callback.Received) error { return blocked() }
			apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusServiceUnavailable, "")
		})
	})
	t.Run("quarantine", func(t *testing.T) {
		apitest.InFakeTime(t, func(t *testing.T) {
			w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
			h, blocked := g.In(w), apitest.Stall(t)
			w.OnQuarantine = func(context.Context) error { return blocked() }
			apitest.PostInTime(t, h, g.Signed("AAAA"), http.StatusServiceUnavailable, "")
		})
	})
}

func TestEndpoint_goesOnWhereTheSenderHangsUp(t *testing.T) {
	t.Parallel()
	w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
	h := g.In(w)
	w.TakeCallback = func(ctx context.Context, _ callback.Received) error { return ctx.Err() }
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	cb := g.Says(apitest.TextMessage("hi"))
	apitest.RequireText(t, cb.PostIn(ctx, h), http.StatusOK, "success")
}

func TestEndpoint_remembersAccountsInAnOutage(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h, blocked := g.In(w), apitest.Stall(t)
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")

		w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
			return account.CallbackAccount{}, blocked()
		})
		time.Sleep(time.Hour) // fake
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		took := apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		require.Zero(t, took, "the second one need not wait for the ledger again")

		w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
			return account.CallbackAccount{}, conversation.ErrLater
		})
		time.Sleep(time.Hour) // fake
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
	})
}

func TestEndpoint_learnsOfDisablingInTwoSeconds(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		find := w.FindAccount
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		w.SetFindAccount(func(context.Context, conversation.AccountID) (account.CallbackAccount, error) {
			return account.CallbackAccount{}, conversation.ErrNotFound
		})
		time.Sleep(2 * time.Second) // fake
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusNotFound, "")
		w.SetFindAccount(find)
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusNotFound, "")
		time.Sleep(2 * time.Second) // fake
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		require.Equal(t, 3, w.LookUps)
	})
}

func TestEndpoint_concurrentCallbacksShareALookUp(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		find := w.FindAccount
		w.SetFindAccount(func(ctx context.Context, id conversation.AccountID) (account.CallbackAccount, error) {
			time.Sleep(100 * time.Millisecond) // fake
			return find(ctx, id)
		})
		var wg sync.WaitGroup
		for i := range 100 {
			cb := g.Says(apitest.TextOf(i))
			cb.Query.Del("openid")
			wg.Go(func() { apitest.PostInTime(t, h, cb, http.StatusOK, "success") })
		}
		wg.Wait()
		require.Equal(t, 1, w.LookUps)
	})
}

func TestEndpoint_fakeAccountsFillNoCache(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		madeUp := g.Says(apitest.TextMessage("hi"))
		for range 1500 {
			madeUp.Account = uuid.NewString()
			apitest.PostInTime(t, h, madeUp, http.StatusNotFound, "")
		}
		asked := w.LookUps
		apitest.PostInTime(t, h, madeUp, http.StatusNotFound, "")
		apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success")
		require.Equal(t, asked, w.LookUps)
	})
}

// X22
func TestEndpoint_fourAtOncePerConversation(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		var mu sync.Mutex
		inside, most := 0, 0
		w.TakeCallback = func(_ context.Context, received callback.Received) error {
			if string(received.CustomerKey) != wechat.CustomerKey(g.IDKey, apitest.Customer) {
				return nil
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond) // fake
			mu.Lock()
			inside--
			mu.Unlock()
			return nil
		}
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() { apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success") })
		}
		synctest.Wait()
		other := g.Says(apitest.TextOf(1))
		other.Query.Del("openid")
		require.Zero(t, apitest.PostInTime(t, h, other, http.StatusOK, "success"), "another customer does not wait")
		wg.Wait()
		require.Equal(t, 4, most)
	})
}

// X22
// Temporal lets no run end while signals keep coming, so a flood of one customer leaves pauses (R20); it is taken anyway.
func TestEndpoint_fiftyASecondPerConversation(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h := g.In(w)
		var mu sync.Mutex
		var handed []time.Time
		w.TakeCallback = func(context.Context, callback.Received) error {
			mu.Lock()
			defer mu.Unlock()
			handed = append(handed, time.Now())
			return nil
		}
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success") })
		}
		wg.Wait()
		require.Len(t, handed, 100)
		require.Equal(t, began, handed[3], "the first four at once")
		require.Equal(t, began.Add(24*80*time.Millisecond), handed[99])
	})
}

// The processes share the rate, so that no run is signalled more often than a workflow task can take.
func TestEndpoint_processesShareTheRate(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		w.Agents.Processes = 3
		g.In(w)
		a := api.New(w.Config())
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Run(ctx) })
		synctest.Wait()
		h, began := a.Handler(), time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusOK, "success") })
		}
		wg.Wait()
		require.GreaterOrEqual(t, time.Since(began), 4*3*80*time.Millisecond)
		stop()
		running.Wait()
	})
}

// C28, ACC-16
func TestEndpoint_refusesSurplusAtOnce(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		w, g := apitest.NewWorld(), apitest.NewWeChat(t, wechat.ModeSafe)
		h, blocked := g.In(w), apitest.Stall(t)
		w.TakeCallback = func(context.Context, callback.Received) error { return blocked() }
		var wg sync.WaitGroup
		for i := range 512 {
			cb := g.Says(apitest.TextOf(i))
			cb.Query.Del("openid")
			wg.Go(func() { apitest.PostInTime(t, h, cb, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		require.Zero(t, apitest.PostInTime(t, h, g.Says(apitest.TextMessage("hi")), http.StatusServiceUnavailable, ""))
		require.Empty(t, g.Says(apitest.TextMessage("hi")).Post(t, h).Header().Get("Connection"), "connecting anew would cost more than the answer")
		wg.Wait()
	})
}
