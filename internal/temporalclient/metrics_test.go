package temporalclient_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.temporal.io/sdk/client"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"

	"wxdesk/internal/temporalclient"
)

func TestRemember_countsUnderEachSetOfTagsByItself(t *testing.T) {
	t.Parallel()
	reader := metric.NewManualReader()
	meter := metric.NewMeterProvider(metric.WithReader(reader)).Meter("temporal")
	root := temporalclient.Remember(temporalotel.NewMetricsHandler(temporalotel.MetricsHandlerOptions{Meter: meter, UseMonotonicCounters: true}))
	for range 3 {
		for _, tags := range []map[string]string{{"a": "1", "b": "2"}, {"a": "1"}, {"a": "12", "b": ""}} {
			root.WithTags(tags).Counter("calls").Inc(1)
			root.WithTags(tags).WithTags(map[string]string{"c": "3"}).Counter("calls").Inc(10)
		}
	}
	var seen metricdata.ResourceMetrics
	require.NoError(t, reader.Collect(t.Context(), &seen))
	counts := map[string]int64{}
	for _, point := range seen.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		text := ""
		for _, a := range point.Attributes.ToSlice() {
			text += string(a.Key) + "=" + a.Value.AsString() + " "
		}
		counts[text] = point.Value
	}
	require.Equal(t, map[string]int64{
		"a=1 b=2 ": 3, "a=1 ": 3, "a=12 b= ": 3, "a=1 b=2 c=3 ": 30, "a=1 c=3 ": 30, "a=12 b= c=3 ": 30,
	}, counts)
}

func TestRemember_createsEachMetricOnce(t *testing.T) {
	t.Parallel()
	made := 0
	root := temporalclient.Remember(counting{client.MetricsNopHandler, &made})
	for range 5 {
		h := root.WithTags(map[string]string{"workflow_type": "Conversation"})
		h.Counter("a").Inc(1)
		h.Timer("b").Record(1)
		h.Gauge("c").Update(1)
	}
	require.Equal(t, 4, made)
}

type counting struct {
	client.MetricsHandler
	made *int
}

func (c counting) WithTags(map[string]string) client.MetricsHandler { *c.made++; return c }

func (c counting) Counter(n string) client.MetricsCounter {
	*c.made++
	return c.MetricsHandler.Counter(n)
}

func (c counting) Gauge(n string) client.MetricsGauge { *c.made++; return c.MetricsHandler.Gauge(n) }

func (c counting) Timer(n string) client.MetricsTimer { *c.made++; return c.MetricsHandler.Timer(n) }
