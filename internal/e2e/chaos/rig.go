package chaos

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// Rig is the whole system as it runs in production: two APIs behind a balancer and two workers. The second API and the second worker reach
// Postgres, Temporal and WeChat over links that tests break. WeChat has its own patience: 5 s and three attempts.
type Rig struct {
	*harness.System
	Balancer     *harness.Balancer
	links        map[string]*harness.Link
	SecondAPI    *KeptProcess
	SecondWorker *KeptProcess
}

// NewRig starts the system and waits until both pairs run. It ends with the test.
func NewRig(t testing.TB, environ ...string) *Rig {
	t.Helper()
	r := &Rig{System: harness.Start(t, environ...)}
	ledger, err := url.Parse(r.Setting("DATABASE_URL"))
	require.NoError(t, err)
	r.links = map[string]*harness.Link{
		"postgres": harness.NewLink(t, ledger.Host), "temporal": harness.NewLink(t, r.TemporalAddr), "wechat": harness.NewLink(t, r.SimulatorAddr),
	}
	ledger.Host = r.links["postgres"].Addr()
	second := harness.Addr(harness.FreePorts(t, 1)[0])
	settings := append(r.Settings(), "DATABASE_URL="+ledger.String(), "TEMPORAL_ADDRESS="+r.links["temporal"].Addr(),
		"WXDESK_WECHAT_API=http://"+r.links["wechat"].Addr(), "WXDESK_HTTP_ADDR="+second)
	r.SecondAPI = keep(r.System, settings, "api")
	r.SecondWorker = keep(r.System, settings, "worker")
	r.Balancer = harness.NewBalancer(t, r.HTTPAddr, second)
	r.WaitFor(60*time.Second, "the second pair runs", func() bool {
		return strings.Contains(r.SecondAPI.log.String(), "public listener") && strings.Contains(r.SecondWorker.log.String(), "polling")
	})
	r.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 1_000_000}, nil)
	r.CallSimulator(http.MethodPatch, "/accounts/"+harness.DemoAppID, map[string]any{"callback_url": r.Balancer.URL + "/wechat/" + r.DemoAccount()}, nil)
	return r
}

// During has the rig report to a subtest, and returns the function that ends that.
func (r *Rig) During(t *testing.T) (after func()) {
	whole := r.T
	r.T = t
	return func() { r.T = whole }
}

// Crash kills a process of `wxdesk dev` by SIGKILL, unless it is just being started again.
func (r *Rig) Crash(name string) {
	if pid := r.PID(name); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// QueryNumber asks Postgres for a number and returns 0 where Postgres is away.
func (r *Rig) QueryNumber(query string) (n int) {
	db, err := sql.Open("postgres", r.Setting("DATABASE_URL")+"&connect_timeout=2")
	if err != nil {
		return 0
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	_ = db.QueryRow(query).Scan(&n)
	return n
}
