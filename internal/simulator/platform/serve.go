package platform

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"time"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/state"
)

// API serves WeChat's HTTP API. Its methods may be called from any goroutine.
type API struct {
	store   *state.Store
	courier *delivery.Courier
	log     *slog.Logger
}

// New makes the API. The courier takes the callbacks that a call brings about; log receives one event per refused call.
func New(store *state.Store, courier *delivery.Courier, log *slog.Logger) *API {
	return &API{store: store, courier: courier, log: log}
}

// Register serves all paths under /cgi-bin/.
func (p *API) Register(mux *http.ServeMux) {
	for _, e := range endpoints() {
		mux.HandleFunc(e.path, p.serve(e))
	}
	mux.HandleFunc("/cgi-bin/", p.unknownPath)
}

const (
	// MaxBody is far above any call's body but a file's.
	MaxBody = 1 << 20
	// MaxFile is above the largest medium with its form.
	MaxFile = 12 << 20
)

// serve lets a waiting fault happen, and else carries the call out.
func (p *API) serve(e endpoint) http.HandlerFunc {
	limit := int64(MaxBody)
	if e.file {
		limit = MaxFile
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			http.Error(w, "request entity too large", http.StatusRequestEntityTooLarge)
			return
		}
		fault, err := p.nextFault(e, r.URL.Query(), body)
		if err != nil {
			p.broken(w, err)
			return
		}
		p.serveWith(fault, w, r, e, body)
	}
}

// serveWith serves a call with the fault that waits for it, which may be none.
func (p *API) serveWith(fault state.Fault, w http.ResponseWriter, r *http.Request, e endpoint, body []byte) {
	switch {
	case fault.Kind == state.FaultSlow:
		pause(r, time.Duration(fault.Delay))
	case fault.Kind == state.FaultTimeoutAfterDelivery || fault.Deliver:
		p.carryOut(httptest.NewRecorder(), r, e, body)
	}
	if fault.Kind == "" || fault.Kind == state.FaultSlow {
		p.carryOut(w, r, e, body)
		return
	}
	p.answerFault(w, r, fault)
}

// carryOut performs a call in one step of the state, and answers it.
func (p *API) carryOut(w http.ResponseWriter, r *http.Request, e endpoint, body []byte) {
	p.store.Lock()
	answer, refused, err := p.perform(r, e, body)
	p.store.Unlock()
	switch {
	case err != nil:
		p.broken(w, err)
	case refused != nil:
		p.log.Info("call refused", slog.String("path", e.path), slog.Int("errcode", refused.Code))
		write(w, refused.withRID(p.store.Wall()))
	default:
		write(w, answer)
	}
}
