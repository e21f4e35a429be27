package archtest_test

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostFiles is how many Go files a folder may hold beside its tests: as many as a reader can take in at one look.
const mostFiles = 30

func TestFolders_holdFewFiles(t *testing.T) {
	t.Parallel()
	files := map[string]int{}
	eachSource(t, func(name string, _ []byte) {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			files[path.Dir(name)]++
		}
	})
	require.Positive(t, files["internal/archtest"], "folders go by their path below the repository")
	for folder, n := range files {
		if n > mostFiles {
			t.Errorf("%s has %d Go files beside its tests, at most %d are allowed: split it by subject, or join what belongs together", folder, n, mostFiles)
		}
	}
}
