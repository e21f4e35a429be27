package callback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/api/callback"
	callbacks "wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// spooling is a world with a spool, whose Temporal can be switched off.
type spooling struct {
	*apitest.World
	apitest.WeChat
	api  *api.API
	mu   sync.Mutex
	away error // what Temporal says
}

func newSpooling(t *testing.T, mode wechat.Mode) *spooling {
	t.Helper()
	s := &spooling{World: apitest.NewWorld(), WeChat: apitest.NewWeChat(t, mode)}
	s.Spool = apitest.Spool{Open: true, Claims: map[int64]time.Time{}}
	s.In(s.World)
	s.TakeCallback = func(ctx context.Context, _ callbacks.Received) error {
		s.mu.Lock()
		away := s.away
		s.mu.Unlock()
		if away != nil {
			<-ctx.Done() // the SDK tries until then
		}
		return away
	}
	s.api = api.New(s.Config())
	return s
}

func (s *spooling) temporal(away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// hears sends a customer's message to the callback endpoint, and says how long that took.
func (s *spooling) hears(t *testing.T, who, text string, status int) time.Duration {
	t.Helper()
	xml := strings.NewReplacer(apitest.Customer, who, "23893347810211482", "1"+fmt.Sprint(len(text))+fmt.Sprint(text[len(text)-1])).Replace(apitest.TextMessage(text))
	cb := s.Says(xml)
	cb.Query.Set("openid", who)
	body := ""
	if status == http.StatusOK {
		body = "success"
	}
	return apitest.PostInTime(t, s.api.Handler(), cb, status, body)
}

// signalled are the messages that conversations have been signalled, as keys.
func (s *spooling) signalled() (keys []string) {
	s.World.Mu.Lock()
	defer s.World.Mu.Unlock()
	for _, h := range s.Received {
		keys = append(keys, h.MessageKey)
	}
	return keys
}

// running lets the API's background work go on during a test.
func (s *spooling) running(t *testing.T, test func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { s.api.Run(ctx) })
	test()
	stop()
	work.Wait()
}

func TestSpool_keepsOrderWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			apitest.InFakeTime(t, func(t *testing.T) {
				s := newSpooling(t, mode)
				s.running(t, func() {
					s.temporal(errors.New("away"))
					took := s.hears(t, apitest.Customer, "message 1", http.StatusOK)
					require.GreaterOrEqual(t, took, 3*time.Second, "Temporal had its time, and every process knows")
					took = s.hears(t, apitest.Customer, "message 2", http.StatusOK)
					require.Less(t, took, time.Second, "it queues without asking Temporal")
					first := s.Spool.Waiting()
					require.Len(t, first, 2)

					s.temporal(nil)
					time.Sleep(5 * time.Second) // fake
					s.hears(t, apitest.Customer, "message 3", http.StatusOK)
					require.Empty(t, s.Spool.Waiting())
					told := s.signalled()
					require.Equal(t, []string{first[0].MessageKey, first[1].MessageKey}, told[len(told)-3:len(told)-1])
				})
			})
		})
	}
}

func TestSpool_delaysNoOtherCustomer(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, "oSomebodyElse", "message 1", http.StatusOK)
		s.temporal(nil)
		require.Zero(t, s.hears(t, apitest.Customer, "message 1", http.StatusOK))
	})
}

func TestSpool_acknowledgesAfterEveryProcessKnows(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		other := &spooling{World: s.World, WeChat: s.WeChat, api: api.New(s.Config())}
		s.running(t, func() {
			other.running(t, func() {
				time.Sleep(3*time.Second + 10*time.Millisecond) // fake: both have just found the spool empty
				s.temporal(errors.New("away"))
				s.hears(t, apitest.Customer, "message 1", http.StatusOK)
				took := other.hears(t, apitest.Customer, "message 2", http.StatusOK)
				require.Less(t, took, time.Second, "it queues, for it knows")
				require.Len(t, s.Spool.Waiting(), 2)
			})
		})
	})
}

// shakyLine is the spool as one process reaches it, whose line to Postgres may be down.
type shakyLine struct {
	spoolPort
	down atomic.Bool
}

type spoolPort interface{ callback.Spool }

func (l *shakyLine) SpoolHas(ctx context.Context, t conversation.Tenant, a conversation.AccountID, c conversation.CustomerKey) (bool, error) {
	if l.down.Load() {
		return false, conversation.ErrLater
	}
	return l.spoolPort.SpoolHas(ctx, t, a, c)
}

func (l *shakyLine) SpoolEmpty(ctx context.Context) (bool, error) {
	if l.down.Load() {
		return false, conversation.ErrLater
	}
	return l.spoolPort.SpoolEmpty(ctx)
}

// R5
// A process that has lost Postgres for a moment does not know what another one has spooled meanwhile, and waits for word rather than
// overtake it.
func TestSpool_processWithoutPostgresWaits(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		line := &shakyLine{spoolPort: s.Config().Callback.Spool}
		cfg := s.Config()
		cfg.Callback.Spool = line
		other := &spooling{World: s.World, WeChat: s.WeChat, api: api.New(cfg)}
		other.running(t, func() {
			time.Sleep(3*time.Second + 10*time.Millisecond) // fake: it has just found the spool empty
			line.down.Store(true)
			s.temporal(errors.New("away"))
			s.hears(t, apitest.Customer, "message 1", http.StatusOK)
			first := s.Spool.Waiting()
			require.Len(t, first, 1)
			s.temporal(nil)
			time.AfterFunc(1500*time.Millisecond, func() { line.down.Store(false) })
			other.hears(t, apitest.Customer, "message 2", http.StatusOK)
			time.Sleep(5 * time.Second) // fake
			told := s.signalled()
			require.Len(t, told, 2)
			require.Equal(t, first[0].MessageKey, told[0])
		})
	})
}

func TestSpool_repeatIsStoredOnce(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, apitest.Customer, "message 1", http.StatusOK)
		s.hears(t, apitest.Customer, "message 1", http.StatusOK)
		require.Len(t, s.Spool.Waiting(), 1)
		s.hears(t, apitest.Customer, "massage 1", http.StatusOK)
		require.Len(t, s.Spool.Waiting(), 2)
	})
}

// C29
// Whatever is away: nothing is acknowledged that is not kept, and every answer comes in time.
func TestEndpoint_refusesWhatNothingCanStore(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s, blocked := newSpooling(t, wechat.ModeSafe), apitest.Stall(t)
		s.temporal(errors.New("away"))
		s.Spool.Fails(blocked)
		s.hears(t, apitest.Customer, "message 1", http.StatusServiceUnavailable)
	})
}

// Without the ledger nobody can say whether others wait. What was known last counts: all was well, or somebody waits.
func TestSpool_ledgerOutageKeepsTheOrder(t *testing.T) {
	t.Parallel()
	away := func() error { return conversation.ErrLater }
	t.Run("after all was well Temporal takes it", func(t *testing.T) {
		apitest.InFakeTime(t, func(t *testing.T) {
			s := newSpooling(t, wechat.ModeSafe)
			s.running(t, func() {
				synctest.Wait()
				s.Spool.Fails(away)
				time.Sleep(time.Hour) // fake
				s.hears(t, apitest.Customer, "message 1", http.StatusOK)
				require.Len(t, s.signalled(), 1)
			})
		})
	})
	t.Run("after something waited WeChat repeats", func(t *testing.T) {
		apitest.InFakeTime(t, func(t *testing.T) {
			s := newSpooling(t, wechat.ModeSafe)
			s.temporal(errors.New("away"))
			s.hears(t, apitest.Customer, "message 1", http.StatusOK)
			s.temporal(nil)
			s.Spool.Fails(away)
			tried := len(s.signalled())
			s.hears(t, apitest.Customer, "message 2", http.StatusServiceUnavailable)
			require.Len(t, s.signalled(), tried)
		})
	})
}

// A process that cannot remove what it has signalled signals it again: the same delivery, which changes nothing.
func TestSpool_signalsAgainWhatItCouldNotDelete(t *testing.T) {
	t.Parallel()
	apitest.InFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, apitest.Customer, "message 1", http.StatusOK)
		s.temporal(nil)
		write, tried := s.TakeCallback, 0
		s.TakeCallback = func(ctx context.Context, h callbacks.Received) error {
			if tried++; tried == 1 {
				s.Spool.Fails(func() error { return conversation.ErrLater })
			} else {
				s.Spool.Fails(nil)
			}
			return write(ctx, h)
		}
		kept := s.Spool.Waiting()[0]
		s.running(t, func() {
			synctest.Wait()
			s.Spool.Fails(nil)
			time.Sleep(2 * callbacks.SpoolClaim) // fake
			require.Empty(t, s.Spool.Waiting())
			s.World.Mu.Lock()
			defer s.World.Mu.Unlock()
			last := s.Received[len(s.Received)-2:]
			require.Equal(t, []string{kept.DeliveryID, kept.DeliveryID}, []string{last[0].DeliveryID, last[1].DeliveryID})
		})
	})
}
