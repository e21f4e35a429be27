package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/config"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestPrint_matchesTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, load := range map[string]func([]string) (config.Config, error){"dev": config.LoadDev, "else": config.Load} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := load([]string{
				"DATABASE_URL=postgres://wxdesk:hunter2@db.example:5432/wxdesk?sslmode=verify-full&sslpassword=hunter3",
				"WXDESK_MASTER_KEYS=k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
				"WXDESK_PG_BIN=/opt/tab\there",
				"TEMPORAL_API_KEY=hunter4",
			})
			require.NoError(t, err)
			var got bytes.Buffer
			require.NoError(t, c.Print(&got))

			golden := filepath.Join("testdata", name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "run with -update to make it")
			require.Equal(t, string(want), got.String())
		})
	}
}
