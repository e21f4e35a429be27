package console_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/console"
)

func handler(t *testing.T) *console.Handler {
	t.Helper()
	h, err := console.New()
	require.NoError(t, err)
	return h
}

func get(h http.Handler, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, answer *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(all)
}

var addresses = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestConsole_pageAtEveryAddress(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, address := range []string{"/", "/sign-in", "/desk/c/0196f0a2-0000-7000-8000-000000000001", "/no/such/page"} {
		answer := get(h, address)
		require.Equal(t, http.StatusOK, answer.StatusCode, address)
		require.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"))
		require.Equal(t, "no-cache, private", answer.Header.Get("Cache-Control"))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestConsole_policyAllowsNothingElse(t *testing.T) {
	t.Parallel()
	answer := get(handler(t), "/")
	policy := answer.Header.Get("Content-Security-Policy")
	for _, part := range []string{
		"default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self' blob:", "media-src 'self' blob:", "base-uri 'none'",
		"form-action 'self'", "frame-ancestors 'none'", "trusted-types default", "require-trusted-types-for 'script'",
	} {
		require.Contains(t, strings.Split(policy, "; "), part)
	}
	require.NotContains(t, policy, "unsafe")
	require.NotContains(t, policy, "*")
	require.NotContains(t, policy, ":/")
	require.Equal(t, "no-referrer", answer.Header.Get("Referrer-Policy"))
	require.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
	require.Equal(t, "DENY", answer.Header.Get("X-Frame-Options"))
}

func TestConsole_newNonceEachTime(t *testing.T) {
	t.Parallel()
	h := handler(t)
	seen := map[string]bool{}
	for range 20 {
		answer := get(h, "/")
		nonce := regexp.MustCompile(`'nonce-([A-Za-z0-9_-]{22})'`).FindStringSubmatch(answer.Header.Get("Content-Security-Policy"))
		require.Len(t, nonce, 2)
		require.False(t, seen[nonce[1]])
		seen[nonce[1]] = true
		page := text(t, answer)
		require.Contains(t, page, `nonce="`+nonce[1]+`"`)
		require.NotContains(t, page, "NONCE")
	}
}

func TestConsole_loadsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := handler(t)
	page := text(t, get(h, "/desk"))
	found := addresses.FindAllStringSubmatch(page, -1)
	require.NotEmpty(t, found)
	for _, address := range found {
		require.Regexp(t, `^/assets/[0-9a-f]{12}/[a-zA-Z0-9.-]+$`, address[1])
		require.Equal(t, http.StatusOK, get(h, address[1]).StatusCode, address[1])
	}
	require.NotContains(t, page, "<style")
	require.NotRegexp(t, `<script(?:\s[^>]*)?>[^<]`, page, "no script stands in the page")
	require.NotRegexp(t, `\s(?:on[a-z]+|style)=`, page)
}

func TestConsole_filesAreKeptForever(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, address := range addresses.FindAllStringSubmatch(text(t, get(h, "/")), -1) {
		plain := get(h, address[1])
		require.Equal(t, "public, max-age=31536000, immutable", plain.Header.Get("Cache-Control"))
		require.Empty(t, plain.Header.Get("Content-Encoding"))
		body := text(t, plain)
		zipped := get(h, address[1], "Accept-Encoding", "br, gzip;q=1.0")
		if zipped.Header.Get("Content-Encoding") == "" {
			require.Less(t, len(body), 1<<10, address[1])
			continue
		}
		require.Equal(t, "Accept-Encoding", zipped.Header.Get("Vary"))
		r, err := gzip.NewReader(zipped.Body)
		require.NoError(t, err)
		unzipped, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, body, string(unzipped))
		for _, refused := range []string{"gzip;q=0", "gzip; q=0.0", "gzip;Q=0.000", "br", "x-gzip-not", "gzip;q=much"} {
			require.Empty(t, get(h, address[1], "Accept-Encoding", refused).Header.Get("Content-Encoding"), refused)
		}
	}
}

func TestConsole_otherBuildsFilesAreNotFound(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, address := range []string{
		"/assets/000000000000/index.js", "/assets/index.js", "/assets/", "/assets/../console.go", "/assets/000000000000/../../dist/BUILD",
	} {
		answer := get(h, address)
		require.Equal(t, http.StatusNotFound, answer.StatusCode, address)
		require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	}
}

func TestConsole_headHasNoBody(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	handler(t).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Zero(t, w.Body.Len())
	require.NotEmpty(t, w.Header().Get("Content-Length"))
}

// The build is committed, and a check without Node must see when somebody has changed src and not built it. The same sum is in
// vite.config.ts.
func TestConsole_isBuiltFromWhatIsHere(t *testing.T) {
	t.Parallel()
	var files []string
	for _, source := range []string{"index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts", "public", "src"} {
		require.NoError(t, filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				files = append(files, filepath.ToSlash(name))
			}
			return err
		}))
	}
	slices.Sort(files)
	all := sha256.New()
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		one := sha256.Sum256(content)
		fmt.Fprintf(all, "%s  %s\n", hex.EncodeToString(one[:]), name)
	}
	recorded, err := os.ReadFile("dist/BUILD")
	require.NoError(t, err)
	require.Equal(t, hex.EncodeToString(all.Sum(nil)), strings.TrimSpace(string(recorded)),
		"dist was built from other sources: run make console and commit dist")
}

// Bars of the first screen, compressed as it is sent: an agent opens it each morning, perhaps through a slow line.
func TestConsole_smallEnough(t *testing.T) {
	t.Parallel()
	const kb = 1 << 10
	var scripts, styles, all int
	require.NoError(t, filepath.WalkDir("dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		size := zipped(t, content)
		all += size
		switch base := filepath.Base(name); {
		case base == "me.js", base == "words-en.js": // on demand; of the words one language
		case strings.HasSuffix(base, ".js"):
			scripts += size
		case strings.HasSuffix(base, ".css"):
			styles += size
		}
		return nil
	}))
	t.Logf("first screen: %d KB of JavaScript, %d KB of CSS; all of dist %d KB", scripts/kb, styles/kb, all/kb)
	require.LessOrEqual(t, scripts, 285*kb)
	require.LessOrEqual(t, styles, 45*kb)
	require.LessOrEqual(t, all, 650*kb)
}

func TestConsole_wordsAreSmall(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dist/words-zh-CN.js", "dist/words-en.js"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		require.LessOrEqual(t, zipped(t, content), 12<<10, name)
	}
}

func TestConsole_namesItsLicences(t *testing.T) {
	t.Parallel()
	licences, err := os.ReadFile("dist/LICENSES.txt")
	require.NoError(t, err)
	text, err := os.ReadFile("package.json")
	require.NoError(t, err)
	var wanted struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(text, &wanted))
	require.NotEmpty(t, wanted.Dependencies)
	for name, version := range wanted.Dependencies {
		require.Contains(t, string(licences), "\n## "+name+" - "+version+" (", "it is used, and its licence is with it")
	}
	free := []string{"MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Unlicense"} // ask nothing of who runs wxdesk but a notice
	for _, found := range regexp.MustCompile(`(?m)^## (.+) \((.*)\)$`).FindAllStringSubmatch(string(licences), -1) {
		require.Contains(t, free, found[2], found[1])
	}
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Len()
}
