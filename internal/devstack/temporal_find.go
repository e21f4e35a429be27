package devstack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// TemporalBinVariable names the Temporal dev server's program, so that nothing is searched for.
const TemporalBinVariable = "WXDESK_TEMPORAL_BIN"

// temporalProgram is the dev server's name in bin/.
const temporalProgram = "temporal-dev"

// quietBuild is how long a build may take before a line says what is being waited for.
const quietBuild = 3 * time.Second

// FindTemporal returns the program of the Temporal dev server: $WXDESK_TEMPORAL_BIN, else temporal-dev beside our own
// program, else the Temporal CLI on the path if its server has our version, else, inside a source tree of wxdesk,
// bin/temporal-dev built from tools/temporal. That takes minutes the first time and about a second if the sources have not
// changed; several processes may ask at once. Progress hears of the CLI and of a long build.
func FindTemporal(ctx context.Context, progress io.Writer) (string, error) {
	if bin := os.Getenv(TemporalBinVariable); bin != "" {
		path, err := exec.LookPath(bin)
		if err != nil {
			return "", fmt.Errorf("%s: %w", TemporalBinVariable, err)
		}
		return filepath.Abs(path)
	}
	root, err := sourceRoot()
	inTree := err == nil
	if bin := besideExecutable(); bin != "" && !(inTree && bin == builtIn(root)) { // what is built here may be older than its sources
		return bin, nil
	}
	if bin, version := installedCLI(ctx); bin != "" {
		fmt.Fprintf(progress, "temporal: using %s (server %s)\n", bin, version)
		return bin, nil
	}
	if !inTree {
		return "", fmt.Errorf("no Temporal dev server was found: run `make build`, which puts %s beside wxdesk, "+
			"install the Temporal CLI with server %sx, or set %s to the program: %w",
			temporalProgram, temporalVersion, TemporalBinVariable, err)
	}
	return buildTemporal(ctx, root, progress)
}

// besideExecutable is temporal-dev in the folder of our own program, "" if there is none.
func besideExecutable() string {
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	bin, err := exec.LookPath(filepath.Join(filepath.Dir(self), temporalProgram))
	if err != nil {
		return ""
	}
	return bin
}

// builtIn is where the source tree root has its temporal-dev.
func builtIn(root string) string { return filepath.Join(root, "bin", temporalProgram) }

// sourceRoot walks up from the working directory to the folder whose go.mod says "module wxdesk".
func sourceRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := here; ; dir = filepath.Dir(dir) {
		if moduleOf(filepath.Join(dir, "go.mod")) == "wxdesk" {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside wxdesk's source tree", here)
		}
	}
}

// moduleOf reads the module path out of a go.mod, "" if there is none.
func moduleOf(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, found := strings.CutPrefix(lines.Text(), "module "); found {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// buildTemporal builds bin/temporal-dev. One process at a time builds; the others then find nothing left to do.
func buildTemporal(ctx context.Context, root string, progress io.Writer) (string, error) {
	bin := builtIn(root)
	if err := os.MkdirAll(filepath.Dir(bin), 0o755); err != nil {
		return "", err
	}
	slow := time.AfterFunc(quietBuild, func() {
		fmt.Fprintln(progress, "temporal: compiling the development server, which takes some minutes the first time")
	})
	defer slow.Stop()
	lock, err := waitLock(ctx, filepath.Join(root, "bin", "."+temporalProgram+".lock"))
	if err != nil {
		return "", err
	}
	defer lock.Close()

	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("the Temporal dev server has to be built first: %w", err)
	}
	// Where bin is up to date, go leaves it alone; otherwise it removes the old file first, so that a running server
	// keeps its own. The flags are those of the Makefile.
	cmd := exec.Command(goTool, "build", "-trimpath", "-o", bin, ".")
	cmd.Dir = filepath.Join(root, "tools", "temporal")
	out := &tail{}
	cmd.Stdout, cmd.Stderr = out, out
	build, err := launch(cmd)
	if err != nil {
		return "", fmt.Errorf("build the Temporal dev server: %w", err)
	}
	select {
	case <-build.done:
	case <-ctx.Done():
		build.kill() // with the compilers that it has started
		return "", fmt.Errorf("build the Temporal dev server: %w", context.Cause(ctx))
	}
	if build.err != nil {
		return "", fmt.Errorf("build the Temporal dev server: %w%s", build.err, out)
	}
	return bin, nil
}
