package cli_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuarantine_redriveNeedsASelection(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	list := run("", environ, "quarantine", "list")
	require.Zero(t, list.code, list.errors)
	require.Regexp(t, `^DELIVERY +ACCOUNT +REASON +RECEIVED +HANDED OVER\n$`, list.out)
	require.Contains(t, run("", environ, "quarantine", "redrive").errors, "--id, --reason, --all")
	require.Contains(t, run("", environ, "quarantine", "redrive", "--all", "--reason", "panics").errors, "one of")
	require.Contains(t, run("", environ, "quarantine", "redrive", "--id", "x").errors, "delivery's id")
	require.Contains(t, run("", environ, "quarantine", "redrive", "--id", "00000000-0000-7000-8000-000000000000").errors, "does not wait")
	require.Contains(t, run("", environ, "quarantine", "redrive", "--all").out, "0 handed over, 0 stay")
}
