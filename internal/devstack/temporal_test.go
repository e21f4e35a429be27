package devstack_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/devstack"
)

// attributes that a test's workflows carry.
var wxAccount = temporal.NewSearchAttributeKeyKeyword("WxAccount")

func TestTemporal_keepsItsAddressAndData(t *testing.T) {
	t.Parallel()
	log := &notes{}
	server, err := devstack.StartTemporal(t.Context(), devstack.TemporalOptions{
		DBFile: filepath.Join(t.TempDir(), "temporal.db"), Headless: true, Namespace: "wxdesk",
		SearchAttributes: map[string]enumspb.IndexedValueType{"WxAccount": enumspb.INDEXED_VALUE_TYPE_KEYWORD},
		SQLitePragma:     map[string]string{"journal_mode": "wal"},
		DynamicConfig:    map[string]string{"limit.historyCount.suggestContinueAsNew": "50"},
		Log:              log,
	})
	require.NoError(t, err)
	t.Cleanup(server.Kill)
	require.Empty(t, server.UI())
	address := server.Address()
	begin(t, address, "wxdesk", "first")

	server.Kill()
	require.NoError(t, server.Start(t.Context()))
	require.Equal(t, address, server.Address())
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, status(t, address, "wxdesk", "first"))

	require.NoError(t, server.Stop())
	require.NoError(t, server.Start(t.Context()))
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, status(t, address, "wxdesk", "first"))
	require.NoError(t, server.Stop())
	require.NotContains(t, log.String(), "--dynamic-config-value", "it knows all our settings")
}

func TestTemporal_saysWhyItDoesNotStart(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "temporal")
	script(t, bin, "echo no such flag >&2; exit 2")

	_, err := devstack.StartTemporal(t.Context(), devstack.TemporalOptions{Bin: bin, Headless: true})

	require.ErrorContains(t, err, "exit status 2")
	require.ErrorContains(t, err, "no such flag")
}

func TestFindTemporal_takesTheNamedProgram(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "temporal")
	t.Setenv(devstack.TemporalBinVariable, bin)
	_, err := devstack.FindTemporal(t.Context(), os.Stderr)
	require.ErrorContains(t, err, devstack.TemporalBinVariable)

	script(t, bin, "exit 0")
	found, err := devstack.FindTemporal(t.Context(), os.Stderr)
	require.NoError(t, err)
	require.Equal(t, bin, found)
}

func TestFindTemporal_saysWhatToDoElsewhere(t *testing.T) {
	t.Setenv(devstack.TemporalBinVariable, "")
	t.Setenv("PATH", t.TempDir())
	t.Chdir(t.TempDir())
	_, err := devstack.FindTemporal(t.Context(), os.Stderr)
	require.ErrorContains(t, err, "make build")
	require.ErrorContains(t, err, devstack.TemporalBinVariable)
}

func TestFindTemporal_takesACLIOfOurVersion(t *testing.T) {
	t.Setenv(devstack.TemporalBinVariable, "")
	gomod, err := os.ReadFile("../../tools/temporal/go.mod")
	require.NoError(t, err)
	ours := regexp.MustCompile(`go.temporal.io/server v([0-9.]+)`).FindSubmatch(gomod)
	require.NotNil(t, ours)
	sourceTree(t)
	compiler(t, `touch "$4"`)
	for said, taken := range map[string]bool{
		"temporal version 1.9.1 (Server " + string(ours[1]) + ", UI 2.54.1)": true,
		"temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)":                  true,
		"temporal version 1.3.0 (Server 1.27.1, UI 2.36.0)":                  false,
		"temporal version 1.9.1 (Server 1.320.0, UI 2.54.1)":                 false,
		"no version": false,
	} {
		cli := filepath.Join(filepath.SplitList(os.Getenv("PATH"))[0], "temporal")
		script(t, cli, `test "$*" = --version && echo '`+said+`'`)
		progress := &notes{}
		found, err := devstack.FindTemporal(t.Context(), progress)
		require.NoError(t, err)
		require.Equal(t, taken, found == cli, said)
		require.Equal(t, taken, strings.Contains(progress.String(), "temporal: using "+cli), said)
	}
}

// What is built from an older source must not be taken for the server.
func TestFindTemporal_buildsInTheSourceTree(t *testing.T) {
	t.Setenv(devstack.TemporalBinVariable, "")
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	root := sourceTree(t)
	compiler(t, `echo "$PWD: $@" > "$4"; chmod +x "$4"`)
	found, err := devstack.FindTemporal(t.Context(), os.Stderr)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(root, "bin", "temporal-dev"), found)
	text, err := os.ReadFile(found)
	require.NoError(t, err)
	require.Equal(t, root+"/tools/temporal: build -trimpath -o "+found+" .\n", string(text))
	require.Contains(t, string(makefile), "cd tools/temporal && $(GO) build -trimpath -o ../../$@ .\n",
		"with other flags both would compile it in turns")
}

func TestFindTemporal_saysWhatTheCompilerSaid(t *testing.T) {
	t.Setenv(devstack.TemporalBinVariable, "")
	sourceTree(t)
	compiler(t, `echo "disk full" >&2; exit 1`)
	_, err := devstack.FindTemporal(t.Context(), os.Stderr)
	require.ErrorContains(t, err, "build the Temporal dev server: exit status 1\n  disk full")
}

func TestFindTemporal_leavesNoCompilerBehind(t *testing.T) {
	t.Setenv(devstack.TemporalBinVariable, "")
	root := sourceTree(t)
	pids := filepath.Join(root, "pids")
	compiler(t, `tail -f /dev/null & echo "$$ $!" > '`+pids+`.new'; mv '`+pids+`.new' '`+pids+`'; wait`)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := devstack.FindTemporal(ctx, os.Stderr)
		ended <- err
	}()
	var tool, grandchild int
	eventually(t, "it compiles", func() bool {
		text, _ := os.ReadFile(pids)
		n, _ := fmt.Sscan(string(text), &tool, &grandchild)
		return n == 2
	})
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	eventually(t, "both are gone", func() bool { return !alive(tool) && !alive(grandchild) })
}

// sourceTree makes a folder that looks like wxdesk's, and works there.
func sourceTree(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(root, "tools", "temporal"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module wxdesk\n"), 0o600))
	t.Chdir(root)
	return root
}

// compiler puts a program with the name of Go's onto the path.
func compiler(t *testing.T, text string) {
	t.Helper()
	tools := t.TempDir()
	script(t, filepath.Join(tools, "go"), text)
	script(t, filepath.Join(tools, "temporal"), "exit 1") // hides one that may be installed
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
}

func TestNamespace_isTheTestsOwnAndUsableAtOnce(t *testing.T) {
	t.Parallel()
	attributes := map[string]enumspb.IndexedValueType{
		"WxAccount": enumspb.INDEXED_VALUE_TYPE_KEYWORD, "WaitingSince": enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}
	address, one := devstack.TestNamespace(t, attributes)
	sameAddress, two := devstack.TestNamespace(t, attributes)
	require.Equal(t, address, sameAddress)
	require.NotEqual(t, one, two)

	begin(t, address, one, "the same id")
	begin(t, address, two, "the same id")
}

func TestTemporal_isSharedByTheTestsOfABinary(t *testing.T) {
	t.Parallel()
	address, namespace := devstack.TestTemporal(t)
	require.Equal(t, "default", namespace)
	again, _ := devstack.TestTemporal(t)
	require.Equal(t, address, again)
}

func begin(t *testing.T, address, namespace, id string) {
	t.Helper()
	_, err := dial(t, address, namespace).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: "nobody-polls",
		TypedSearchAttributes: temporal.NewSearchAttributes(wxAccount.ValueSet("a")),
	}, "Nothing")
	require.NoError(t, err)
}

func status(t *testing.T, address, namespace, id string) enumspb.WorkflowExecutionStatus {
	t.Helper()
	d, err := dial(t, address, namespace).DescribeWorkflow(t.Context(), id, "")
	require.NoError(t, err)
	return d.Status
}

func dial(t *testing.T, address, namespace string) client.Client {
	t.Helper()
	c, err := client.DialContext(context.WithoutCancel(t.Context()), client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}
