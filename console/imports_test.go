package console_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayKnow says which folder of src may import which. A feature (session aside) knows the shared folders and no other feature, so that
// each can be read and changed by itself.
var mayKnow = map[string]string{
	"api":     "api",
	"words":   "api words",
	"live":    "api live",
	"ui":      "api live ui words",
	"session": "api live session ui words",
	"desk":    "api desk live session ui words",
	"":        "api desk live session ui words",
}

var imports = regexp.MustCompile(`(?:from|import)\s*\(?\s*"(\.[^"]+)"`)

func TestConsole_foldersKnowOnlyTheirs(t *testing.T) {
	t.Parallel()
	eachSource(t, func(name, text string) {
		folder := folderOf(name)
		allowed, listed := mayKnow[folder]
		require.True(t, listed, "%s: name the folder in mayKnow", name)
		for _, found := range imports.FindAllStringSubmatch(text, -1) {
			target := folderOf(path.Join(path.Dir(name), found[1]))
			if strings.Count(path.Join(path.Dir(name), found[1]), "/") == 1 {
				continue // a file beside main.tsx
			}
			require.Contains(t, strings.Fields(allowed), target, "%s imports %s", name, found[1])
		}
	})
}

// What is not allowed anywhere, and the one file that may.
func TestConsole_sourcesKeepTheRules(t *testing.T) {
	t.Parallel()
	rules := []struct{ pattern, except, why string }{
		{`dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write`, "", "markup is never made of strings"},
		{`localStorage|sessionStorage|indexedDB|serviceWorker`, "", "nothing that customers said is kept in the browser"},
		{`\bfetch\(`, "src/live/stream.ts", "only api calls the API; the stream is read by hand"},
		{`\beval\(|new Function\(`, "", "the policy forbids it"},
		{`https?://[a-z]`, "", "nothing is loaded from elsewhere"},
	}
	eachSource(t, func(name, text string) {
		for _, rule := range rules {
			if name == rule.except || name == "src/api/schema.ts" {
				continue
			}
			require.NotRegexp(t, rule.pattern, text, "%s: %s", name, rule.why)
		}
	})
}

// Only words holds texts: a Chinese character or a sentence elsewhere would be shown in one language alone.
func TestConsole_onlyWordsHoldTexts(t *testing.T) {
	t.Parallel()
	chinese := regexp.MustCompile(`\p{Han}`)
	eachSource(t, func(name, text string) {
		if folderOf(name) == "words" || name == "src/desk/conversation/parts.ts" || name == "src/api/schema.ts" { // WeChat's own names
			return
		}
		require.NotRegexp(t, chinese, text, name)
	})
}

func eachSource(t *testing.T, check func(name, text string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("src", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !regexp.MustCompile(`\.tsx?$`).MatchString(name) {
			return err
		}
		text, err := os.ReadFile(name)
		if err == nil {
			check(filepath.ToSlash(name), string(text))
		}
		return err
	}))
}

// folderOf is the folder below src, "" for a file right in it.
func folderOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}
