package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// spoolShelf keeps spooled callbacks in memory; its zero value has no room.
type spoolShelf struct {
	open   bool
	mu     sync.Mutex
	rows   []conversation.Spooled
	claims map[int64]time.Time
	last   int64
	refuse func() error // what a call of any method fails with; nil: nothing
}

func (s *spoolShelf) reach() error {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse()
}

func (s *spoolShelf) fails(refuse func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = refuse
}

func (s *spoolShelf) Spool(_ context.Context, h conversation.Handover) error {
	if err := s.reach(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open {
		return conversation.ErrLater
	}
	for _, row := range s.rows {
		if row.MessageKey == h.MessageKey && row.Fingerprint == h.Fingerprint {
			return nil
		}
	}
	s.last++
	s.rows = append(s.rows, conversation.Spooled{ID: s.last, Handover: h})
	return nil
}

func (s *spoolShelf) SpoolHas(_ context.Context, _ conversation.Tenant, _ conversation.AccountID, c conversation.CustomerKey) (bool, error) {
	err := s.reach()
	return slices.ContainsFunc(s.waiting(), func(row conversation.Spooled) bool { return row.CustomerKey == c }), err
}

func (s *spoolShelf) SpoolEmpty(context.Context) (bool, error) {
	err := s.reach()
	return len(s.waiting()) == 0, err
}

func (s *spoolShelf) SpoolSize(context.Context) (int64, time.Duration, error) {
	return int64(len(s.waiting())), 0, s.reach()
}

func (s *spoolShelf) ClaimSpooled(_ context.Context, most int) (firsts []conversation.Spooled, err error) {
	if err := s.reach(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[conversation.CustomerKey]bool{}
	for _, row := range s.rows {
		if len(firsts) < most && !seen[row.CustomerKey] && time.Now().After(s.claims[row.ID]) {
			s.claims[row.ID] = time.Now().Add(conversation.SpoolClaim)
			firsts = append(firsts, row)
		}
		seen[row.CustomerKey] = true
	}
	return firsts, nil
}

func (s *spoolShelf) SpooledFrom(_ context.Context, first conversation.Spooled, limit int) ([]conversation.Spooled, error) {
	rows := slices.DeleteFunc(s.waiting(), func(row conversation.Spooled) bool {
		return row.CustomerKey != first.CustomerKey || row.ID < first.ID
	})
	return rows[:min(limit, len(rows))], s.reach()
}

func (s *spoolShelf) Unspool(_ context.Context, ids []int64) error {
	if err := s.reach(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows = slices.DeleteFunc(s.rows, func(row conversation.Spooled) bool { return slices.Contains(ids, row.ID) })
	return nil
}

func (s *spoolShelf) waiting() []conversation.Spooled {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.rows)
}

// spooling is a world with a spool, whose Temporal can be switched off.
type spooling struct {
	*world
	gate
	api  *api.API
	mu   sync.Mutex
	away error // what Temporal says
}

func newSpooling(t *testing.T, mode wechat.Mode) *spooling {
	t.Helper()
	s := &spooling{world: newWorld(), gate: newGate(t, mode)}
	s.spool = spoolShelf{open: true, claims: map[int64]time.Time{}}
	s.in(s.world)
	s.write = func(ctx context.Context, _ conversation.Handover) error {
		s.mu.Lock()
		away := s.away
		s.mu.Unlock()
		if away != nil {
			<-ctx.Done() // the SDK tries until then
		}
		return away
	}
	s.api = api.New(s.config())
	return s
}

func (s *spooling) temporal(away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// hears sends a customer's message to the door, and says how long that took.
func (s *spooling) hears(t *testing.T, who, text string, status int) time.Duration {
	t.Helper()
	xml := strings.NewReplacer(customer, who, "23893347810211482", "1"+fmt.Sprint(len(text))+fmt.Sprint(text[len(text)-1])).Replace(message(text))
	cb := s.says(xml)
	cb.query.Set("openid", who)
	body := ""
	if status == http.StatusOK {
		body = "success"
	}
	return within46(t, s.api.Handler(), cb, status, body)
}

// told are the messages that conversations have been signalled, as keys.
func (s *spooling) told() (keys []string) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for _, h := range s.handovers {
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

func TestSpool_takesWhatTemporalCannotAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	for _, mode := range []wechat.Mode{wechat.ModeSafe, wechat.ModePlain} {
		t.Run(string(mode), func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				s := newSpooling(t, mode)
				s.running(t, func() {
					s.temporal(errors.New("away"))
					took := s.hears(t, customer, "message 1", http.StatusOK)
					require.GreaterOrEqual(t, took, 3*time.Second, "Temporal had its time, and every process knows")
					took = s.hears(t, customer, "message 2", http.StatusOK)
					require.Less(t, took, time.Second, "it queues without asking Temporal")
					first := s.spool.waiting()
					require.Len(t, first, 2)

					s.temporal(nil)
					time.Sleep(5 * time.Second) // fake
					s.hears(t, customer, "message 3", http.StatusOK)
					require.Empty(t, s.spool.waiting())
					told := s.told()
					require.Equal(t, []string{first[0].MessageKey, first[1].MessageKey}, told[len(told)-3:len(told)-1])
				})
			})
		})
	}
}

func TestSpool_holdsUpNobodyElse(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, "oSomebodyElse", "message 1", http.StatusOK)
		s.temporal(nil)
		require.Zero(t, s.hears(t, customer, "message 1", http.StatusOK))
	})
}

func TestSpool_acknowledgesAfterEveryProcessKnows(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		other := &spooling{world: s.world, gate: s.gate, api: api.New(s.config())}
		s.running(t, func() {
			other.running(t, func() {
				time.Sleep(3*time.Second + 10*time.Millisecond) // fake: both have just found the spool empty
				s.temporal(errors.New("away"))
				s.hears(t, customer, "message 1", http.StatusOK)
				took := other.hears(t, customer, "message 2", http.StatusOK)
				require.Less(t, took, time.Second, "it queues, for it knows")
				require.Len(t, s.spool.waiting(), 2)
			})
		})
	})
}

// shakyLine is the spool as one process reaches it, whose line to Postgres may be down.
type shakyLine struct {
	spoolPort
	down atomic.Bool
}

type spoolPort interface{ api.Spool }

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

// A process that has lost Postgres for a moment does not know what another one has spooled meanwhile, and waits for word rather than
// overtake it.
func TestR5_aProcessWithoutPostgresDoesNotOvertakeWhatIsSpooled(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		line := &shakyLine{spoolPort: s.config().Callback.Spool}
		cfg := s.config()
		cfg.Callback.Spool = line
		other := &spooling{world: s.world, gate: s.gate, api: api.New(cfg)}
		other.running(t, func() {
			time.Sleep(3*time.Second + 10*time.Millisecond) // fake: it has just found the spool empty
			line.down.Store(true)
			s.temporal(errors.New("away"))
			s.hears(t, customer, "message 1", http.StatusOK)
			first := s.spool.waiting()
			require.Len(t, first, 1)
			s.temporal(nil)
			time.AfterFunc(1500*time.Millisecond, func() { line.down.Store(false) })
			other.hears(t, customer, "message 2", http.StatusOK)
			time.Sleep(5 * time.Second) // fake
			told := s.told()
			require.Len(t, told, 2)
			require.Equal(t, first[0].MessageKey, told[0])
		})
	})
}

func TestSpool_aRepeatIsKeptOnceAndOtherContentBesideIt(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, customer, "message 1", http.StatusOK)
		s.hears(t, customer, "message 1", http.StatusOK)
		require.Len(t, s.spool.waiting(), 1)
		s.hears(t, customer, "massage 1", http.StatusOK)
		require.Len(t, s.spool.waiting(), 2)
	})
}

// Whatever is away: nothing is acknowledged that is not kept, and every answer comes in time.
func TestBad_C29_neitherTemporalNorSpool(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s, blocked := newSpooling(t, wechat.ModeSafe), stall(t)
		s.temporal(errors.New("away"))
		s.spool.fails(blocked)
		s.hears(t, customer, "message 1", http.StatusServiceUnavailable)
	})
}

// Without the ledger nobody can say whether others wait. What was known last counts: all was well, or somebody waits.
func TestSpool_whereTheLedgerIsAway(t *testing.T) {
	t.Parallel()
	away := func() error { return conversation.ErrLater }
	t.Run("after all was well Temporal takes it", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T) {
			s := newSpooling(t, wechat.ModeSafe)
			s.running(t, func() {
				synctest.Wait()
				s.spool.fails(away)
				time.Sleep(time.Hour) // fake
				s.hears(t, customer, "message 1", http.StatusOK)
				require.Len(t, s.told(), 1)
			})
		})
	})
	t.Run("after something waited WeChat repeats", func(t *testing.T) {
		inFakeTime(t, func(t *testing.T) {
			s := newSpooling(t, wechat.ModeSafe)
			s.temporal(errors.New("away"))
			s.hears(t, customer, "message 1", http.StatusOK)
			s.temporal(nil)
			s.spool.fails(away)
			tried := len(s.told())
			s.hears(t, customer, "message 2", http.StatusServiceUnavailable)
			require.Len(t, s.told(), tried)
		})
	})
}

// A process that cannot remove what it has signalled signals it again: the same delivery, which changes nothing.
func TestSpool_whatWasSignalledAndStayedIsSignalledAgain(t *testing.T) {
	t.Parallel()
	inFakeTime(t, func(t *testing.T) {
		s := newSpooling(t, wechat.ModeSafe)
		s.temporal(errors.New("away"))
		s.hears(t, customer, "message 1", http.StatusOK)
		s.temporal(nil)
		write, tried := s.write, 0
		s.write = func(ctx context.Context, h conversation.Handover) error {
			if tried++; tried == 1 {
				s.spool.fails(func() error { return conversation.ErrLater })
			} else {
				s.spool.fails(nil)
			}
			return write(ctx, h)
		}
		kept := s.spool.waiting()[0]
		s.running(t, func() {
			synctest.Wait()
			s.spool.fails(nil)
			time.Sleep(2 * conversation.SpoolClaim) // fake
			require.Empty(t, s.spool.waiting())
			s.world.mu.Lock()
			defer s.world.mu.Unlock()
			last := s.handovers[len(s.handovers)-2:]
			require.Equal(t, []string{kept.DeliveryID, kept.DeliveryID}, []string{last[0].DeliveryID, last[1].DeliveryID})
		})
	})
}
