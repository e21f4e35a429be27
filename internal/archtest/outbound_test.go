package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// ownCalls is who opens connections beside the one client for calls to other systems, and why that is no way inside: none
// of their addresses comes from somebody who is not the operator.
var ownCalls = map[string]string{
	"internal/wechat/wxapi/transport.go": "is that client: it judges each address when it is dialled",
	"internal/wechat/wxapi/client.go":    "hardens the client that it is given",
	"internal/postgres/connector.go":     "calls Postgres, which the operator names",
	"internal/cli/health.go":             "asks this machine's private listener",
	"internal/cli/dev/ready.go":          "waits for the processes of this machine",
	"internal/cli/dev/demo_account.go":   "sets up the simulator of this machine",
	"api/apitest/":                       "plays WeChat and people in front of a server on this machine, for tests",
	"internal/e2e/harness/":              "plays WeChat, customers and agents around a system on this machine, for tests",
	"internal/devstack/":                 "starts Postgres and Temporal on this machine, and talks to them",
	"internal/simulator/delivery/":       "plays WeChat on a laptop, and calls the callback",
	"internal/simulator/simulatortest/":  "calls the simulator of a test",
}

var (
	makesCalls = regexp.MustCompile(`http\.(Client\{|Transport\{|DefaultClient|DefaultTransport|Get\(|Post\(|PostForm\(|Head\()|net\.(Dial|DialTimeout|Dialer)\b|tls\.Dial`)
	comment    = regexp.MustCompile(`(?m)//.*$`)
	usesClient = regexp.MustCompile(`wxapi\.NewHTTPClient\(([^)]*)\)`)
)

// S7
// What a setting, an administrator or WeChat names is called by one client alone, so that one check, at the moment of
// dialling, stands before every such call; and only the operator's setting switches that check off.
func TestOutbound_oneClientMakesEveryCall(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	clients := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		name = filepath.ToSlash(name)
		if strings.HasPrefix(name, "tools/") || strings.HasPrefix(name, "examples/") {
			return nil
		}
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, m := range usesClient.FindAllStringSubmatch(string(source), -1) {
			clients++
			require.Regexp(t, `^(s\.)?cfg\.AllowPrivate$`, m[1], "%s decides by itself what may be called", name)
		}
		if found := makesCalls.FindString(comment.ReplaceAllString(string(source), "")); found != "" {
			who := name
			if _, ok := ownCalls[who]; !ok {
				who = filepath.ToSlash(filepath.Dir(name)) + "/"
			}
			require.Contains(t, ownCalls, who, "%s calls past the one client: %s", name, found)
			used[who] = true
		}
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, clients)
	for who := range ownCalls {
		require.True(t, used[who], "%s calls nobody", who)
	}
}
