package rules

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

// The race detector says whether it holds.
func TestEnvironment_isSharedByManyAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		in, err := environment(routing.Classification)
		require.NoError(t, err)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _, _ = compile(in, `unheard_of == 1`) })
			all.Go(func() { _, _ = compile(in, `[1, 2].all(n, n > 0)`) })
		}
		all.Wait()
	}
}
