package e2e_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

// debt is something that a conversation owes, as the ledger's view `owed` says it.
type debt struct {
	Conversation string    `db:"conversation_id"`
	What         string    `db:"what"`       // turn, send, hand-over or end
	NotBefore    time.Time `db:"not_before"` // it is done then at the earliest
	Now          time.Time `db:"now"`        // Postgres's clock
}

// later is how far ahead a time may be for owes to wait for it: WeChat wants some messages only tomorrow.
const later = 5 * time.Minute

// owes waits until nothing is owed that is due soon, and returns what stays owed for longer than the patience: R27. The patience begins
// when a debt may be paid, or when it is seen for the first time, whichever comes later. Where conversations are named, only they count.
func (s *system) owes(patience time.Duration, conversations ...string) (broken []violation) {
	s.t.Helper()
	db := s.database()
	seen := map[debt]time.Time{} // for the first time
	poll := time.NewTicker(250 * time.Millisecond)
	defer poll.Stop()
	for ; ; <-poll.C {
		var owed []debt
		require.NoError(s.t, db.SelectContext(s.t.Context(), &owed,
			`select conversation_id, what, coalesce(not_before, to_timestamp(0)) as not_before, clock_timestamp() as now from owed order by not_before`))
		waits := false
		for _, d := range owed {
			now := d.Now
			if d.NotBefore.After(now.Add(later)) || len(conversations) > 0 && !slices.Contains(conversations, d.Conversation) {
				continue
			}
			waits = true
			d.Now = time.Time{}
			if seen[d].IsZero() {
				seen[d] = now
			}
			if now.Sub(seen[d]) >= patience && now.Sub(d.NotBefore) >= patience {
				broken = append(broken, violation{"R27", fmt.Sprintf("%s owes: %s, not before %s", d.Conversation, d.What, d.NotBefore.Format(time.DateTime))})
			}
		}
		if len(broken) > 0 || !waits {
			return broken
		}
	}
}
