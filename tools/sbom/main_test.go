package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// S15
// The bill of materials names exactly what is linked.
func TestBill_namesWhatIsLinked(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "wxdesk")
	out, err := exec.Command("go", "build", "-trimpath", "-o", program, "wxdesk").CombinedOutput()
	require.NoError(t, err, string(out))
	info, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	const console = "../../console"
	packages, err := npmPackages(console)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, write(&text, program, console))
	var b bill
	require.NoError(t, json.Unmarshal(text.Bytes(), &b))
	require.Equal(t, "CycloneDX", b.Format)
	require.Equal(t, "1.6", b.Spec)
	require.Len(t, b.Components, len(info.Deps)+1+len(packages), "and the standard library, and the console's packages")
	refs := map[string]bool{}
	for _, c := range b.Components {
		require.False(t, refs[c.Ref], "twice: %s", c.Ref)
		refs[c.Ref] = true
		require.Regexp(t, regexp.MustCompile(`^pkg:(golang|npm)/[^@\s]+@[^\s]+$`), c.PURL)
		if c.Name != "std" {
			require.Regexp(t, `^([0-9a-f]{64}|[0-9a-f]{128})$`, c.Hashes[0].Content)
		}
	}
	require.True(t, slices.ContainsFunc(b.Components, func(c component) bool { return c.Name == "go.temporal.io/sdk" }))
	require.True(t, slices.ContainsFunc(b.Components, func(c component) bool { return strings.HasPrefix(c.PURL, "pkg:npm/%40mantine/core@") }))
	for _, other := range []string{"vite", "csstype", "loose-envify"} {
		require.False(t, slices.ContainsFunc(b.Components, func(c component) bool { return c.Name == other }), "%s builds the console, or is not used: it is no part of it", other)
	}
	require.Equal(t, b.Metadata.Component.Ref, b.Dependencies[0].Ref)
	require.Len(t, b.Dependencies[0].DependsOn, len(b.Components))

	var again bytes.Buffer
	require.NoError(t, write(&again, program, console))
	require.Equal(t, text.String(), again.String())
}
