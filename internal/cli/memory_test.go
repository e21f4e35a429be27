package cli_test

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli"
	"wxdesk/internal/secret"
)

// A process that serves collects garbage in time to stay within its container. It knows its limit before it
// opens anything, so here it has no database.
func TestServe_keepsWithinItsContainer(t *testing.T) { // alone: the limit is the whole process's
	const container = 1000 << 20
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOGC", "100") // serving would change it
	t.Setenv("AUTOMEMLIMIT", "0.9")
	serve := func(command string) (limit int64) {
		t.Helper()
		debug.SetMemoryLimit(math.MaxInt64)
		var out bytes.Buffer
		code := cli.Run(t.Context(), []string{command}, cli.Process{
			Stdout: &out, Stderr: &out, MemoryLimit: memlimit.Limit(container),
			Environ: []string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/none", "WXDESK_MASTER_KEYS=" + secret.NewMasterKey("test").Reveal()},
		})
		require.Equal(t, 1, code)
		require.Contains(t, out.String(), "reach the database")
		return debug.SetMemoryLimit(-1)
	}
	t.Setenv("GOMEMLIMIT", "460MiB")
	for _, command := range []string{"api", "worker"} {
		require.EqualValues(t, math.MaxInt64, serve(command), "the operator's own limit wins")
	}
	require.NoError(t, os.Unsetenv("GOMEMLIMIT")) // t.Setenv puts back what was there
	for _, command := range []string{"api", "worker"} {
		require.EqualValues(t, container/10*9, serve(command), command)
	}
}
