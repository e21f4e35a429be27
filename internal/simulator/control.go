package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// routes is all that the simulator serves, on one screen. The control API is documented in docs/simulator.md.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	s.servePage(mux)

	for _, a := range apis() {
		mux.HandleFunc(a.path, s.serveAPI(a))
	}
	mux.HandleFunc("/cgi-bin/", s.unknownAPI)

	for pattern, serve := range map[string]control{
		"GET /_sim/accounts":                                    s.listAccounts,
		"POST /_sim/accounts":                                   s.saveAccount,
		"GET /_sim/accounts/{app_id}":                           s.showAccount,
		"PATCH /_sim/accounts/{app_id}":                         s.changeAccount,
		"POST /_sim/accounts/{app_id}/verify":                   s.verifyAccount,
		"GET /_sim/accounts/{app_id}/callbacks":                 s.listCallbacks,
		"GET /_sim/accounts/{app_id}/usage":                     s.listUsage,
		"DELETE /_sim/accounts/{app_id}/tokens":                 s.endTokens,
		"GET /_sim/accounts/{app_id}/followers":                 s.listFollowers,
		"POST /_sim/accounts/{app_id}/followers":                s.follow,
		"GET /_sim/accounts/{app_id}/followers/{openid}":        s.showFollower,
		"PATCH /_sim/accounts/{app_id}/followers/{openid}":      s.changeFollower,
		"DELETE /_sim/accounts/{app_id}/followers/{openid}":     s.unfollow,
		"POST /_sim/accounts/{app_id}/followers/{openid}/say":   s.say,
		"GET /_sim/accounts/{app_id}/followers/{openid}/screen": s.screen,
		"GET /_sim/accounts/{app_id}/media":                     s.listMedia,
		"POST /_sim/accounts/{app_id}/media":                    s.takeMedium,
		"GET /_sim/accounts/{app_id}/menu":                      s.showMenu,
		"GET /_sim/accounts/{app_id}/qrcodes":                   s.listTickets,
		"GET /_sim/faults":                                      s.listFaults,
		"POST /_sim/faults":                                     s.addFault,
		"DELETE /_sim/faults":                                   s.clearFaults,
		"GET /_sim/clock":                                       s.readClock,
		"POST /_sim/clock":                                      s.advanceClock,
		"GET /_sim/settings":                                    s.readSettings,
		"PATCH /_sim/settings":                                  s.changeSettings,
		"POST /_sim/reset":                                      s.reset,
	} {
		mux.HandleFunc(pattern, s.serveControl(serve))
	}
	mux.HandleFunc("GET /_sim/accounts/{app_id}/media/{media_id}", s.showMedium)
	mux.HandleFunc("/_sim/", s.serveControl(func(r *http.Request) (int, any, error) {
		return 0, nil, notFound("no such call: %s %s", r.Method, r.URL.Path)
	}))
	// Other sites in the same browser can reach a loopback address too; what they send is refused.
	return http.NewCrossOriginProtection().Handler(mux)
}

// control is a call of the control API: it gives the status and what to answer with.
type control func(*http.Request) (status int, answer any, err error)

// controlError is a mistake of who called the control API.
type controlError struct {
	status  int
	message string
}

func (e *controlError) Error() string { return e.message }

func badRequest(format string, args ...any) error {
	return &controlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &controlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return &controlError{http.StatusConflict, fmt.Sprintf(format, args...)}
}

func (s *Simulator) serveControl(serve control) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxRequest) // but for a customer's file
		if strings.HasSuffix(r.URL.Path, "/media") {
			limit = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		status, answer, err := serve(r)
		if err != nil {
			status, answer = s.controlFailed(err)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_, _ = w.Write(append(encodeJSON(answer), '\n'))
	}
}

func (s *Simulator) controlFailed(err error) (int, any) {
	status := http.StatusInternalServerError
	if mistake, ok := errors.AsType[*controlError](err); ok {
		status = mistake.status
	} else if errors.Is(err, errClosed) {
		status = http.StatusServiceUnavailable
	} else {
		s.log.Error("control call failed", slog.Any("error", err))
	}
	return status, map[string]string{"error": err.Error()}
}

// decode reads a request's body into a value that may hold defaults: one JSON object in UTF-8, no field that is not known. No body at
// all leaves the value as it is.
func decode(r *http.Request, into any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return decodeBody(body, into)
}

// readBody reads the whole body; calls that hold the simulator's lock while they decode read it before, since a client may be slow.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badRequest("the body cannot be read, or is longer than this call takes")
	}
	return body, nil
}

func decodeBody(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !isObject(body) {
		return badRequest("the body is not one JSON object in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badRequest("the body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// list is the shape of every list.
func list[T any](items []T) map[string]any {
	if items == nil {
		items = []T{}
	}
	return map[string]any{"items": items}
}
