package chaos

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// owedItem is something that a conversation owes, as the ledger's view `owed` says it.
type owedItem struct {
	Conversation string    `db:"conversation_id"`
	What         string    `db:"what"`       // turn, send, hand-over or end
	NotBefore    time.Time `db:"not_before"` // it is done then at the earliest
	Now          time.Time `db:"now"`        // Postgres's clock
}

// soon is how far ahead a time may be for Owed to wait for it: WeChat wants some messages only tomorrow.
const soon = 5 * time.Minute

// Owed waits until no conversation owes anything that is due soon. It returns what is still owed after the patience (R27). The patience
// begins when the item may be done or when Owed first sees it, whichever is later. Where conversations are named, only they count.
func Owed(s *harness.System, patience time.Duration, conversations ...string) (broken []Violation) {
	s.T.Helper()
	db := s.Database()
	seen := map[owedItem]time.Time{} // for the first time
	poll := time.NewTicker(250 * time.Millisecond)
	defer poll.Stop()
	for ; ; <-poll.C {
		var owed []owedItem
		require.NoError(s.T, db.SelectContext(s.T.Context(), &owed,
			`select conversation_id, what, coalesce(not_before, to_timestamp(0)) as not_before, clock_timestamp() as now from owed order by not_before`))
		waits := false
		for _, d := range owed {
			now := d.Now
			if d.NotBefore.After(now.Add(soon)) || len(conversations) > 0 && !slices.Contains(conversations, d.Conversation) {
				continue
			}
			waits = true
			d.Now = time.Time{}
			if seen[d].IsZero() {
				seen[d] = now
			}
			if now.Sub(seen[d]) >= patience && now.Sub(d.NotBefore) >= patience {
				broken = append(broken, Violation{"R27", fmt.Sprintf("%s owes: %s, not before %s", d.Conversation, d.What, d.NotBefore.Format(time.DateTime))})
			}
		}
		if len(broken) > 0 || !waits {
			return broken
		}
	}
}
