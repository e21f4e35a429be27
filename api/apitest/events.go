package apitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"wxdesk/api"
	"wxdesk/api/web"
)

// EventStream is a client of the event stream, without a network: what is written to it is there at once.
type EventStream struct {
	*httptest.ResponseRecorder
	Query string // of the request, with its question mark
	mu    sync.Mutex
	Leave context.CancelFunc
	Ended chan struct{}
	Stuck chan struct{} // while not nil and open, writing to it blocks
}

func (l *EventStream) Write(b []byte) (int, error) {
	if l.Stuck != nil {
		<-l.Stuck
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ResponseRecorder.Write(b)
}

func (l *EventStream) WriteString(s string) (int, error) { return l.Write([]byte(s)) }

// Heard is what the client has received: for each event its kind and, if it has one, its number.
func (l *EventStream) Heard() (events []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for block := range strings.SplitSeq(l.Body.String(), "\n\n") {
		kind, data := "", ""
		for line := range strings.SplitSeq(block, "\n") {
			if rest, ok := strings.CutPrefix(line, "event: "); ok {
				kind = rest
			}
			if rest, ok := strings.CutPrefix(line, "data: "); ok {
				data = rest
			}
		}
		if _, n, ok := strings.Cut(data, `"n":`); ok {
			n, _, _ = strings.Cut(strings.TrimRight(n, "}"), ",")
			kind += " " + n
		}
		if kind != "" {
			events = append(events, kind)
		}
	}
	return events
}

// LastID is the last id that the client has received, with or without an event.
func (l *EventStream) LastID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.Body.String()
	_, rest, _ := strings.Cut(text[max(0, strings.LastIndex(text, "id: ")):], "id: ")
	id, _, _ := strings.Cut(rest, "\n")
	return id
}

// Run starts the API's work beside the handler, in a bubble of synctest, until the test ends.
func Run(t *testing.T, w *World) (http.Handler, context.CancelFunc) {
	t.Helper()
	return RunAPI(t, api.New(w.Config()))
}

func RunAPI(t *testing.T, a *api.API) (http.Handler, context.CancelFunc) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
	synctest.Wait()
	return a.Handler(), stop
}

// OpenStream opens an event stream with the token of a role.
func OpenStream(t *testing.T, h http.Handler, role, lastID string) *EventStream {
	t.Helper()
	l := &EventStream{ResponseRecorder: httptest.NewRecorder(), Ended: make(chan struct{})}
	OpenStreamOn(t, h, role, lastID, l)
	synctest.Wait()
	return l
}

// OpenStreamIn opens an event stream as a browser does, with a person's session.
func OpenStreamIn(t *testing.T, h http.Handler, session string, headers ...string) *EventStream {
	t.Helper()
	l := &EventStream{ResponseRecorder: httptest.NewRecorder(), Ended: make(chan struct{})}
	openStream(t, h, "", l, append([]string{"Cookie", web.SessionCookie + "=" + session, "Sec-Fetch-Site", "same-origin"}, headers...)...)
	synctest.Wait()
	return l
}

func OpenStreamOn(t *testing.T, h http.Handler, role, lastID string, l *EventStream) {
	t.Helper()
	openStream(t, h, lastID, l, "Authorization", "Bearer "+role)
}

func openStream(t *testing.T, h http.Handler, lastID string, l *EventStream, headers ...string) {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	l.Leave = leave
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/events"+l.Query, nil)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	go func() {
		defer close(l.Ended)
		h.ServeHTTP(l, r)
	}()
	t.Cleanup(func() { leave(); <-l.Ended })
}
