package postgres

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// At most 20 statements a second, the first one at once, and nothing that was asked for is left out.
func TestNotifier_joinsNotices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		type sent struct {
			at       time.Duration
			channels []string
		}
		var all []sent
		n := newNotifier(func(_ context.Context, channels []string) error {
			all = append(all, sent{time.Since(began), channels})
			return errors.New("nobody has to know")
		})
		n.ask()
		n.ask("feed")
		synctest.Wait()
		for range 10 {
			time.Sleep(time.Millisecond)
			n.ask("feed", "distribution")
		}
		time.Sleep(time.Second)
		n.ask("distribution")
		synctest.Wait()
		n.ask("feed")
		n.close()
		const ms = time.Millisecond
		require.Equal(t, []sent{{0, []string{"feed"}}, {50 * ms, []string{"feed", "distribution"}}, {1010 * ms, []string{"distribution"}}, {1010 * ms, []string{"feed"}}}, all)
	})
}
