package devstack

import (
	"context"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// temporalCLI is the name of the Temporal CLI (https://docs.temporal.io/cli), whose `server start-dev` is a dev server too.
const temporalCLI = "temporal"

// temporalVersion is the server that wxdesk is tested with, as in tools/temporal/go.mod. Another patch level will do: it has the same
// settings and the same tables.
const temporalVersion = "1.32."

// cliPatience is how long the CLI may take to say its version.
const cliPatience = 5 * time.Second

// serverOfCLI finds the server's version in `temporal --version`: "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)".
var serverOfCLI = regexp.MustCompile(`\(Server ([0-9.]+)`)

// installedCLI is the Temporal CLI on the path with its server's version, "" if there is none or its server is another one.
func installedCLI(ctx context.Context) (bin, version string) {
	bin, err := exec.LookPath(temporalCLI)
	if err != nil {
		return "", ""
	}
	ctx, cancel := context.WithTimeout(ctx, cliPatience)
	defer cancel()
	said, err := exec.CommandContext(ctx, bin, "--version").Output()
	if err != nil {
		return "", ""
	}
	found := serverOfCLI.FindSubmatch(said)
	if found == nil || !strings.HasPrefix(string(found[1]), temporalVersion) {
		return "", ""
	}
	return bin, string(found[1])
}
