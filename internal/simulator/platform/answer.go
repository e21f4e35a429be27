package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"wxdesk/internal/simulator/state"
)

// download is an answer that is a file and not JSON.
type download struct {
	name string
	state.Medium
}

// write answers with JSON, or with a file.
func write(w http.ResponseWriter, answer any) {
	if file, ok := answer.(download); ok {
		w.Header().Set("Content-Type", file.Type)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.name))
		_, _ = w.Write(file.Bytes)
		return
	}
	w.Header().Set("Content-Type", "application/json; encoding=utf-8")
	_, _ = w.Write(encodeJSON(answer))
}

// encodeJSON writes text as it is: WeChat escapes neither Chinese nor markup.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // our own types only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// unknownPath answers every path that is not in the table.
func (p *API) unknownPath(w http.ResponseWriter, _ *http.Request) {
	write(w, refuse(codeInvalidURL).withRID(p.store.Wall()))
}

// broken answers when the state could not be written; WeChat's own failures look like this too.
func (p *API) broken(w http.ResponseWriter, err error) {
	if !errors.Is(err, state.ErrClosed) {
		p.log.Error("state write failed", slog.Any("error", err))
	}
	http.Error(w, "service unavailable", http.StatusServiceUnavailable)
}
