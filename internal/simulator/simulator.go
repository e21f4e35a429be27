package simulator

import (
	"log/slog"
	"net/http"
	"time"

	"wxdesk/internal/simulator/control"
	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/phone"
	"wxdesk/internal/simulator/platform"
	"wxdesk/internal/simulator/state"
)

// Options says where a simulator keeps its state. The zero value is a simulator in memory that logs nothing.
type Options struct {
	// StateFile is the journal that survives the process; it is made if it does not exist, readable by its owner alone.
	// Empty keeps everything in memory.
	StateFile string
	// Log receives one event per attempted callback and per refused API call. Nil discards.
	Log *slog.Logger
	// Now is the wall clock, the one callbacks are stamped with. Nil is time.Now.
	Now func() time.Time
}

// Simulator is one WeChat. All its methods may be called from any goroutine.
type Simulator struct {
	store   *state.Store
	courier *delivery.Courier
	handler http.Handler
}

// New reads the state file, if there is one, and goes on where it ends: callbacks that were under way are attempted again.
// It fails if the file cannot be read, is damaged before its last line, or belongs to a simulator that still runs.
func New(o Options) (*Simulator, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	store, err := state.Open(o.StateFile, o.Now)
	if err != nil {
		return nil, err
	}
	s := &Simulator{store: store, courier: delivery.New(store, o.Log)}
	s.handler = s.routes(o.Log)
	s.courier.Resume()
	return s, nil
}

// routes puts the rooms together.
func (s *Simulator) routes(log *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	phone.RegisterPage(mux)
	platform.New(s.store, s.courier, log).Register(mux)
	control.New(s.store, s.courier, phone.New(s.store, s.courier), log).Register(mux)
	// Other sites in the same browser can reach a loopback address too; what they send is refused.
	return http.NewCrossOriginProtection().Handler(mux)
}

// Handler serves WeChat's API under /cgi-bin/, the control API under /_sim/ and the phone at /.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close breaks off callbacks under way and long polls, waits for them, and closes the state file. What it breaks off goes on
// when the file is opened again. Close may be called more than once.
func (s *Simulator) Close() error {
	if !s.store.Stop() {
		return nil
	}
	s.courier.Close()
	return s.store.Close()
}
