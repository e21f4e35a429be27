package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The ledger passes on what the rule book refuses, and refuses nothing by itself.
func TestLedger_namesNoRefusal(t *testing.T) {
	t.Parallel()
	refusal := regexp.MustCompile(`command\.Refused[A-Z]\w*`)
	files, err := filepath.Glob(filepath.Join(house, "internal/postgres/*/*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Empty(t, refusal.FindString(comment.ReplaceAllString(string(source), "")), "%s judges by itself", file)
	}
}
