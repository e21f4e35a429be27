package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A changed source makes another program, an unchanged one does not, and who runs the old program keeps it.
func TestBuildProgram_followsItsSources(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	build := func() string {
		program, err := buildProgram(root, t.TempDir())
		require.NoError(t, err)
		return program
	}
	prints := func(program string) string {
		out, err := exec.Command(program).CombinedOutput()
		require.NoError(t, err)
		return string(out)
	}
	file := func(program string) os.FileInfo {
		info, err := os.Stat(program)
		require.NoError(t, err)
		return info
	}

	write("go.mod", "module wxdesk\n\ngo 1.26\n")
	write("main.go", "package main\n\nimport \"os\"\n\nfunc main() { _, _ = os.Stdout.WriteString(\"old\") }\n")
	old := build()
	require.Equal(t, "old", prints(old))
	require.True(t, os.SameFile(file(old), file(build())), "all rooms share one program")

	write("main.go", "package main\n\nimport \"os\"\n\nfunc main() { _, _ = os.Stdout.WriteString(\"new\") }\n")
	require.Equal(t, "new", prints(build()))
	require.Equal(t, "old", prints(old), "a room that runs keeps its program")
}
