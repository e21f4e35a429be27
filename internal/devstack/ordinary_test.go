package devstack_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Where root runs the tests, this one runs some of them once more as an ordinary user. An ordinary user has run them
// already.
// what an ordinary user runs: one test for each way of using the package.
const ordinaryTests = "^Test(Postgres_(keeps|runsBelow)|Database_isTheTestsOwn|Supervisor_(isControlled|killedLeaves))"

func TestDevstack_worksAsRootAndAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	home, err := os.MkdirTemp("/tmp", "home") // not below t.TempDir(), which only root may enter
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(home)) })
	require.NoError(t, os.Chown(home, nobody, nobody))
	self, err := os.Executable()
	require.NoError(t, err)
	binary := filepath.Join(home, "devstack.test")
	require.NoError(t, copyProgram(self, binary))

	tests := exec.Command(binary, "-test.v", "-test.run="+ordinaryTests)
	tests.Dir = home
	tests.Env = append(os.Environ(), "HOME="+home, "TMPDIR="+home, "XDG_CACHE_HOME="+home)
	tests.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := tests.CombinedOutput()

	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "--- PASS: TestPostgres_runsBelowAPrivateFolder")
	require.Contains(t, string(out), "--- PASS: TestSupervisor_killedLeavesNothingRunning")
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}
