package control

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"wxdesk/internal/simulator/platform"
	"wxdesk/internal/simulator/state"
)

// handler is a call of the control API: it gives the status and what to answer with.
type handler func(*http.Request) (status int, answer any, err error)

func (c *API) serve(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		status, answer, err := h(r)
		if err != nil {
			status, answer = c.failed(err)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		_ = e.Encode(answer) // our own types only; the caller may have gone
	}
}

// bodyLimit is how many bytes a body may have: more if it is a customer's file.
func bodyLimit(r *http.Request) int64 {
	if strings.HasSuffix(r.URL.Path, "/media") {
		return platform.MaxFile
	}
	return platform.MaxBody
}

func (c *API) failed(err error) (int, any) {
	status := http.StatusInternalServerError
	if mistake, ok := errors.AsType[*state.Mistake](err); ok {
		status = statusOf(mistake.Reason)
	} else if errors.Is(err, state.ErrClosed) {
		status = http.StatusServiceUnavailable
	} else {
		c.log.Error("control call failed", slog.Any("error", err))
	}
	return status, map[string]string{"error": err.Error()}
}

func statusOf(r state.Reason) int {
	switch r {
	case state.NotFound:
		return http.StatusNotFound
	case state.Conflict:
		return http.StatusConflict
	}
	return http.StatusBadRequest
}

// ofAccount makes a call about one account, which it finds. The call holds the store's lock.
func (c *API) ofAccount(r *http.Request, h func(*state.AccountData) (int, any, error)) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	a, err := c.store.Account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	return h(a)
}

// ok answers a change that was committed, or the error that kept it from being so.
func ok(answer any, err error) (int, any, error) { return http.StatusOK, answer, err }

// list is the shape of every list.
func list[T any](items []T) map[string]any {
	if items == nil {
		items = []T{}
	}
	return map[string]any{"items": items}
}

// number reads a query parameter that counts; absent is 0.
func number(r *http.Request, name string) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, state.Invalidf("%s is a number, 0 or more", name)
	}
	return n, nil
}
