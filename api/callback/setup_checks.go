package callback

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

const (
	// noteAgainAfter is how often a notice is stored while all callbacks show the same. A notice that differs from the one before is
	// stored at once, so that a mistake and its correction show soon. One account has at most maxNotes in a minute.
	noteAgainAfter = 10 * time.Second
	maxNotes       = 60
	noteWithin     = 300 * time.Millisecond
	// ProbeNonce is the prefix of the nonces of our own calls, which say nothing about WeChat's.
	ProbeNonce = "wxdesk-"
)

// setupChecks records what callbacks show about the set-up of their accounts, at most once in a while. It holds up and
// refuses nothing: a record that cannot be kept is lost, and the next callback brings it again.
type setupChecks struct {
	records Records
	now     func() time.Time
	log     *slog.Logger

	mu   sync.Mutex
	kept map[conversation.AccountID]*keptRecords // of accounts that exist or have existed
}

type keptRecords struct {
	version   int64      // of the account
	signature keptRecord // the last one of the signature,
	inside    keptRecord // and of what is inside
	minute    time.Time  // the beginning of the minute in which
	count     int        // so many were kept
}

type keptRecord struct {
	callback.Record
	at time.Time
}

func newSetupChecks(records Records, now func() time.Time, log *slog.Logger) *setupChecks {
	return &setupChecks{records: records, now: now, log: log, kept: map[conversation.AccountID]*keptRecords{}}
}

// record keeps the records of a callback, unless they are known.
func (s *setupChecks) record(ctx context.Context, account account.CallbackAccount, q wechat.Query, records ...callback.Record) {
	if strings.HasPrefix(q.Nonce, ProbeNonce) {
		return
	}
	news := s.news(account, records)
	if len(news) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, noteWithin)
	defer cancel()
	err := within(ctx, func(ctx context.Context) error {
		return s.records.RecordCallback(ctx, account.Tenant, account.ID, account.Version, news)
	})
	if err != nil {
		s.log.WarnContext(ctx, "callback record write failed", "account_id", account.ID, "error", err)
	}
}

// news are the records that are new for this version of the account.
func (s *setupChecks) news(account account.CallbackAccount, records []callback.Record) (news []callback.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.kept[account.ID]
	if kept == nil {
		kept = &keptRecords{}
		s.kept[account.ID] = kept
	}
	if kept.version != account.Version {
		kept.version, kept.signature, kept.inside = account.Version, keptRecord{}, keptRecord{}
	}
	now := s.now()
	for _, n := range records {
		if kept.isNews(n, now) {
			news = append(news, n)
		}
	}
	return news
}

func (k *keptRecords) isNews(n callback.Record, now time.Time) bool {
	last := &k.inside
	if n.OfSignature() {
		last = &k.signature
	}
	if last.Record == n && now.Sub(last.at) < noteAgainAfter {
		return false
	}
	if now.Sub(k.minute) >= time.Minute {
		k.minute, k.count = now, 0
	}
	if k.count >= maxNotes {
		return false
	}
	k.count++
	*last = keptRecord{n, now}
	return true
}
