package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/web"
)

// Call sends a request to the JSON API with the token of a role ("" for none), and a body if one is given.
func Call(t *testing.T, h http.Handler, role, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+role)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Origin is that of a page of ours: of the host that requests of tests are sent to.
const Origin = "http://example.com"

// Browse sends a request as a browser does for a page of ours, with the text of a person's session ("" for none).
func Browse(t *testing.T, h http.Handler, session, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	all := []string{"Sec-Fetch-Site", "same-origin"}
	if method != http.MethodGet {
		all = append(all, "Origin", Origin)
	}
	if session != "" {
		all = append(all, "Cookie", web.SessionCookie+"="+session)
	}
	return Call(t, h, "", method, path, body, append(all, headers...)...)
}

// RequireProblem checks that an answer is a problem document of a type.
func RequireProblem(t *testing.T, w *httptest.ResponseRecorder, status int, kind string) {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	require.Contains(t, w.Body.String(), `"type":"urn:wxdesk:problem:`+kind+`"`)
}

// Decode reads an answer's body.
func Decode[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &v), w.Body.String())
	return v
}

// ReadAll reads what is left of r.
func ReadAll(t *testing.T, r io.Reader) *bytes.Buffer {
	t.Helper()
	var all bytes.Buffer
	_, err := all.ReadFrom(r)
	require.NoError(t, err)
	return &all
}

// ReadPages follows a list from page to page and returns the ids; it checks the number of pages.
func ReadPages(t *testing.T, h http.Handler, role, path string, pages int) (ids []string) {
	t.Helper()
	next := path
	for range pages {
		require.NotEmpty(t, next, "fewer pages than expected")
		answer := Call(t, h, role, http.MethodGet, next, "")
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		page := Decode[List](t, answer)
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		next = ""
		if page.Next != nil {
			next = path + "&cursor=" + *page.Next
		}
	}
	require.Empty(t, next, "more pages than expected")
	return ids
}

type List struct {
	Items []struct{ ID string }
	Next  *string
}

// AskFrom sends a request from an address.
func AskFrom(t *testing.T, h http.Handler, address, token, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.RemoteAddr = address
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Forwarded-For", "203.0.113.99") // never counts
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
