package archtest_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ledger passes on what the rule book refuses, and refuses nothing by itself.
func TestLedger_namesNoRefusal(t *testing.T) {
	t.Parallel()
	refusal := regexp.MustCompile(`\bRefused[A-Z]\w*`)
	inRoot, below := 0, 0 // files that were read
	eachSource(t, func(file string, source []byte) {
		name, ledger := strings.CutPrefix(file, "internal/postgres/")
		if !ledger || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return
		}
		if strings.Contains(name, "/") {
			below++
		} else {
			inRoot++
		}
		require.Empty(t, refusal.FindString(comment.ReplaceAllString(string(source), "")), "%s judges by itself", file)
	})
	require.NotZero(t, inRoot)
	require.NotZero(t, below)
}

// The rules are tried by themselves: their tests start nothing, so that trying every transition takes a moment.
func TestRuleBook_triedWithoutADatabase(t *testing.T) {
	t.Parallel()
	read := 0
	eachSource(t, func(file string, source []byte) {
		if !strings.HasPrefix(file, "internal/lifecycle/") || !strings.HasSuffix(file, "_test.go") {
			return
		}
		read++
		for _, imported := range []string{`"database/sql`, `"wxdesk/internal/postgres`, `"wxdesk/internal/devstack`, `"wxdesk/internal/e2e`} {
			require.NotContains(t, string(source), imported, file)
		}
	})
	require.NotZero(t, read)
}
