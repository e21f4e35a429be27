package simulator_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (w *world) page(path string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, nil)
	require.NoError(w.t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	return answer, string(body)
}

func TestPage_runsOfflineUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answer, html := w.page("/")
	require.Equal(t, 200, answer.StatusCode)
	policy := answer.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "unsafe")
	require.NotRegexp(t, `<style|style=|\son[a-z]+=|<script[^>]*>[^<]`, html, "nothing inline")
	require.Equal(t, 4, strings.Count(html, "data-act="))
	require.Contains(t, html, `data-act="{&#34;kind&#34;:&#34;image&#34;}"`)

	for _, path := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(html, -1) {
		answer, body := w.page(path[1])
		require.Equal(t, 200, answer.StatusCode, path[1])
		require.NotRegexp(t, `https?://|@import|url\(`, body, "%s loads nothing from elsewhere", path[1])
	}
	for _, path := range []string{"/assets/", "/assets/phone.html", "/nothing"} {
		answer, _ := w.page(path)
		require.Equal(t, 404, answer.StatusCode, path)
	}
}

func TestPage_setsWhatWasSaidAsTextOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, script := w.page("/assets/phone.js")
	require.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|createContextualFragment`, script)
}

func TestPage_offersOnlyActsThatTheControlApiTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, html := w.page("/")
	for _, act := range regexp.MustCompile(`data-act="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		verdict, _ := w.act(strings.ReplaceAll(act[1], "&#34;", `"`))
		require.Equal(t, "accepted", verdict, act[1])
	}
}
