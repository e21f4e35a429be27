package apitest

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"wxdesk/api"
)

// Gauges reads wxdesk_limit_used and wxdesk_limit_max.
type Gauges struct {
	*metric.ManualReader
	Meters *metric.MeterProvider
}

// NewGauges returns gauges that nothing is measured with yet.
func NewGauges() Gauges {
	reader := metric.NewManualReader()
	return Gauges{reader, metric.NewMeterProvider(metric.WithReader(reader))}
}

// Points are a gauge's values by limit.
func (g Gauges) Points(t *testing.T, name string) map[string]int64 {
	t.Helper()
	var metrics metricdata.ResourceMetrics
	require.NoError(t, g.Collect(t.Context(), &metrics))
	values := map[string]int64{}
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			if gauge, ok := m.Data.(metricdata.Gauge[int64]); ok && m.Name == name {
				for _, point := range gauge.DataPoints {
					limit, _ := point.Attributes.Value("limit")
					values[limit.AsString()] = point.Value
				}
			}
		}
	}
	return values
}

// RequireUsed checks how much of each limit is used; of those that are not named, nothing is.
func (g Gauges) RequireUsed(t *testing.T, want map[string]int64) {
	t.Helper()
	used := g.Points(t, "wxdesk_limit_used")
	require.NotEmpty(t, used)
	maps.DeleteFunc(used, func(_ string, n int64) bool { return n == 0 })
	require.Equal(t, want, used)
}

// Measured is a handler of the world whose limits are measured.
func (g Gauges) Measured(w *World) *api.API {
	cfg := w.Config()
	cfg.Meters = g.Meters
	return api.New(cfg)
}
