package simulatortest

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// Path is the control API's path of something of the account.
func (w *World) Path(rest string) string { return "/_sim/accounts/" + AppID + "/" + rest }

// Do makes a call, wants the status, and returns the JSON of the answer.
func (w *World) Do(method, path, body string, status int) map[string]any {
	w.t.Helper()
	answer := w.Try(method, path, body)
	require.NoError(w.t, answer.Err)
	require.Equal(w.t, status, answer.Status, "%s %s: %s", method, path, answer.Text)
	return answer.JSON
}

// Get makes a call that answers a list and returns its items.
func Get[T any](w *World, path string) []T {
	w.t.Helper()
	text, err := json.Marshal(w.Do("GET", path, "", 200)["items"])
	require.NoError(w.t, err)
	var items []T
	require.NoError(w.t, json.Unmarshal(text, &items))
	return items
}

// Page fetches something that need not be JSON.
func (w *World) Page(path string) (http.Header, string) {
	w.t.Helper()
	answer := w.request("GET", path, "", "")
	require.NoError(w.t, answer.Err)
	require.Equal(w.t, 200, answer.Status, path)
	return answer.Header, string(answer.Text)
}

// Answer is what a call gave.
type Answer struct {
	Status int
	Header http.Header
	Text   []byte
	JSON   map[string]any
	Err    error // no answer, or one that is not JSON
}

// Try makes a call and judges nothing, so that any goroutine may use it.
func (w *World) Try(method, path, body string) Answer {
	answer := w.request(method, path, "", body)
	if answer.Err == nil {
		answer.Err = json.Unmarshal(answer.Text, &answer.JSON)
	}
	return answer
}

func (w *World) request(method, path, contentType, body string) Answer {
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		return Answer{Err: err}
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return Answer{Err: err}
	}
	defer func() { _ = got.Body.Close() }()
	a := Answer{Status: got.StatusCode, Header: got.Header}
	a.Text, a.Err = io.ReadAll(got.Body)
	return a
}
