package archtest_test

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pattern of tests to leave out that ends in an undefined name leaves out every test.
func TestMakefile_namesOnlyWhatItDefines(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("make", "--no-print-directory", "--dry-run", "--warn-undefined-variables", "test", "faults", "chaos", "promises", "bench", "fuzz", "generate")
	cmd.Dir = "../.."
	printed, err := cmd.CombinedOutput()
	require.NoError(t, err, string(printed))
	require.NotContains(t, string(printed), "undefined variable")
}
