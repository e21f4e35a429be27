package temporalclient

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/sdk/client"
)

// remembering is a metrics handler that keeps what it has made. The SDK asks for the same tags and the same instruments with every
// call and every task, and OpenTelemetry's handler makes them again each time: a tenth of a worker's processor time. Tags are names of
// workflows, activities, task queues and calls, so there are few.
type remembering struct {
	client.MetricsHandler
	tagged, counters, gauges, timers sync.Map
}

func remember(h client.MetricsHandler) *remembering { return &remembering{MetricsHandler: h} }

// WithTags implements client.MetricsHandler. The same tags get the same handler each time.
func (r *remembering) WithTags(tags map[string]string) client.MetricsHandler {
	return kept(&r.tagged, key(tags), func() client.MetricsHandler { return remember(r.MetricsHandler.WithTags(tags)) })
}

// Counter implements client.MetricsHandler. The same name gets the same counter each time.
func (r *remembering) Counter(name string) client.MetricsCounter {
	return kept(&r.counters, name, func() client.MetricsCounter { return r.MetricsHandler.Counter(name) })
}

// Gauge implements client.MetricsHandler.
func (r *remembering) Gauge(name string) client.MetricsGauge {
	return kept(&r.gauges, name, func() client.MetricsGauge { return r.MetricsHandler.Gauge(name) })
}

// Timer implements client.MetricsHandler.
func (r *remembering) Timer(name string) client.MetricsTimer {
	return kept(&r.timers, name, func() client.MetricsTimer { return r.MetricsHandler.Timer(name) })
}

func kept[T any](all *sync.Map, name string, fresh func() T) T {
	known, ok := all.Load(name)
	if !ok {
		known, _ = all.LoadOrStore(name, fresh())
	}
	return known.(T) //nolint:forcetypeassert // each map holds one type
}

// key is one text for equal tags.
func key(tags map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		b.WriteString(name)
		b.WriteByte(0)
		b.WriteString(tags[name])
		b.WriteByte(0)
	}
	return b.String()
}
