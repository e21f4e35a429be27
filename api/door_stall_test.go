package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// inFakeTime runs a test in a bubble whose clock stands where timestamps have ten digits.
func inFakeTime(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(25 * 365 * 24 * time.Hour)         // fake: takes no time
		t.Cleanup(func() { time.Sleep(time.Minute) }) // what waits for more work goes home
		test(t)
	})
}

// stall returns a function that blocks until the test ends, and does not watch its context.
func stall(t *testing.T) func() error {
	t.Helper()
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return func() error {
		<-end
		return errors.New("released")
	}
}

// within46 sends a callback and checks that the answer is there in time.
func within46(t *testing.T, h http.Handler, cb callback, status int, body string) time.Duration {
	t.Helper()
	start := time.Now()
	requireText(t, cb.post(t, h), status, body)
	took := time.Since(start)
	require.Less(t, took, 4600*time.Millisecond)
	return took
}

func TestBad_C29_anAnswerInTimeWhateverIsStalled(t *testing.T) {
	t.Parallel()
	t.Run("the account", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h, blocked := g.in(w), stall(t)
			w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
				return conversation.Door{}, blocked()
			})
			within46(t, h, g.says(message("hi")), http.StatusServiceUnavailable, "")
		})
	})
	t.Run("the conversation, after a slow account", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h, blocked := g.in(w), stall(t)
			find := w.door
			w.answerDoors(func(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
				time.Sleep(900 * time.Millisecond) // fake
				return find(ctx, id)
			})
			w.write = func(context.Context, conversation.Handover) error { return blocked() }
			within46(t, h, g.says(message("hi")), http.StatusServiceUnavailable, "")
		})
	})
	t.Run("quarantine", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T) {
			w, g := newWorld(), newGate(t, wechat.ModeSafe)
			h, blocked := g.in(w), stall(t)
			w.quar = func(context.Context) error { return blocked() }
			within46(t, h, g.signed("AAAA"), http.StatusServiceUnavailable, "")
		})
	})
}

func TestDoor_goesOnWhereTheSenderHangsUp(t *testing.T) {
	t.Parallel()
	w, g := newWorld(), newGate(t, wechat.ModeSafe)
	h := g.in(w)
	w.write = func(ctx context.Context, _ conversation.Handover) error { return ctx.Err() }
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	cb := g.says(message("hi"))
	requireText(t, cb.postIn(ctx, h), http.StatusOK, "success")
}

func TestDoor_anAccountStaysKnownWhileTheLedgerCannotBeAsked(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h, blocked := g.in(w), stall(t)
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")

		w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
			return conversation.Door{}, blocked()
		})
		time.Sleep(time.Hour) // fake
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		took := within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		require.Zero(t, took, "the second one need not wait for the ledger again")

		w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
			return conversation.Door{}, conversation.ErrLater
		})
		time.Sleep(time.Hour) // fake
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
	})
}

func TestDoor_aDisabledAccountCountsAfterTwoSeconds(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		find := w.door
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		w.answerDoors(func(context.Context, conversation.AccountID) (conversation.Door, error) {
			return conversation.Door{}, conversation.ErrNotFound
		})
		time.Sleep(2 * time.Second) // fake
		within46(t, h, g.says(message("hi")), http.StatusNotFound, "")
		w.answerDoors(find)
		within46(t, h, g.says(message("hi")), http.StatusNotFound, "")
		time.Sleep(2 * time.Second) // fake
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		require.Equal(t, 3, w.lookUps)
	})
}

func TestDoor_asksOnceForAllWhoCome(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		find := w.door
		w.answerDoors(func(ctx context.Context, id conversation.AccountID) (conversation.Door, error) {
			time.Sleep(100 * time.Millisecond) // fake
			return find(ctx, id)
		})
		var wg sync.WaitGroup
		for i := range 100 {
			cb := g.says(from(i))
			cb.query.Del("openid")
			wg.Go(func() { within46(t, h, cb, http.StatusOK, "success") })
		}
		wg.Wait()
		require.Equal(t, 1, w.lookUps)
	})
}

func TestDoor_madeUpAccountsNeitherFillTheCacheNorPushOutRealOnes(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		madeUp := g.says(message("hi"))
		for range 1500 {
			madeUp.account = uuid.NewString()
			within46(t, h, madeUp, http.StatusNotFound, "")
		}
		asked := w.lookUps
		within46(t, h, madeUp, http.StatusNotFound, "")
		within46(t, h, g.says(message("hi")), http.StatusOK, "success")
		require.Equal(t, asked, w.lookUps)
	})
}

// from is a message of the i-th customer.
func from(i int) string {
	return strings.Replace(message("hi"), customer, fmt.Sprintf("oCustomer%d", i), 1)
}

func TestDoor_letsOnlyFourCallbacksOfAConversationGoAtOnce(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		var mu sync.Mutex
		inside, most := 0, 0
		w.write = func(_ context.Context, handover conversation.Handover) error {
			if string(handover.CustomerKey) != wechat.CustomerKey(g.IDKey, customer) {
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
			wg.Go(func() { within46(t, h, g.says(message("hi")), http.StatusOK, "success") })
		}
		synctest.Wait()
		other := g.says(from(1))
		other.query.Del("openid")
		require.Zero(t, within46(t, h, other, http.StatusOK, "success"), "another customer does not wait")
		wg.Wait()
		require.Equal(t, 4, most)
	})
}

// Temporal lets no run end while signals keep coming, so a flood of one customer leaves pauses (R20); it is taken all the same.
func TestDoor_handsOverFiftyCallbacksOfAConversationASecond(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h := g.in(w)
		var mu sync.Mutex
		var handed []time.Time
		w.write = func(context.Context, conversation.Handover) error {
			mu.Lock()
			defer mu.Unlock()
			handed = append(handed, time.Now())
			return nil
		}
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { within46(t, h, g.says(message("hi")), http.StatusOK, "success") })
		}
		wg.Wait()
		require.Len(t, handed, 100)
		require.Equal(t, began, handed[3], "the first four at once")
		require.Equal(t, began.Add(24*80*time.Millisecond), handed[99])
	})
}

// The processes share the rate, so that no run is signalled more often than a workflow task can take.
func TestTurnstile_processesShareTheRate(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		w.agents.processes = 3
		g.in(w)
		a := api.New(w.config())
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Run(ctx) })
		synctest.Wait()
		h, began := a.Handler(), time.Now()
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { within46(t, h, g.says(message("hi")), http.StatusOK, "success") })
		}
		wg.Wait()
		require.GreaterOrEqual(t, time.Since(began), 4*3*80*time.Millisecond)
		stop()
		running.Wait()
	})
}

func TestBad_C28_theSurplusIsToldToComeAgainAtOnce(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		w, g := newWorld(), newGate(t, wechat.ModeSafe)
		h, blocked := g.in(w), stall(t)
		w.write = func(context.Context, conversation.Handover) error { return blocked() }
		var wg sync.WaitGroup
		for i := range 512 {
			cb := g.says(from(i))
			cb.query.Del("openid")
			wg.Go(func() { within46(t, h, cb, http.StatusServiceUnavailable, "") })
		}
		synctest.Wait()
		require.Zero(t, within46(t, h, g.says(message("hi")), http.StatusServiceUnavailable, ""))
		require.Empty(t, g.says(message("hi")).post(t, h).Header().Get("Connection"), "connecting anew would cost more than the answer")
		wg.Wait()
	})
}
