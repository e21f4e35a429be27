package config

import (
	"slices"
	"strings"

	"wxdesk/internal/secret"
)

// Env is a part of the environment, in the shape in which the Temporal SDK's envconfig looks variables up.
type Env struct{ values map[string]secret.Value }

// LookupEnv is os.LookupEnv on this part.
func (e Env) LookupEnv(name string) (string, bool) {
	value, ok := e.values[name]
	return value.Reveal(), ok
}

// Environ is os.Environ of this part, sorted.
func (e Env) Environ() []string {
	lines := make([]string, 0, len(e.values))
	for name, value := range e.values {
		lines = append(lines, name+"="+value.Reveal())
	}
	slices.Sort(lines)
	return lines
}

// temporalEnv is every TEMPORAL_ variable that was set, with the defaults of those that were not.
func temporalEnv(set map[Name]string, effective map[Name]secret.Value) Env {
	e := Env{values: map[string]secret.Value{}}
	for name, text := range set {
		if strings.HasPrefix(string(name), "TEMPORAL_") {
			e.values[string(name)] = secret.New(text)
		}
	}
	for name, value := range effective {
		if strings.HasPrefix(string(name), "TEMPORAL_") {
			e.values[string(name)] = value
		}
	}
	return e
}

// WithoutSettings is an environment (as os.Environ gives it) without our settings, and without what Temporal, Postgres and
// OpenTelemetry read.
func WithoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(line string) bool {
		name, _, _ := strings.Cut(line, "=")
		return name == string(DatabaseURL) || slices.ContainsFunc([]string{prefix, "TEMPORAL_", "PG", "OTEL_"}, func(start string) bool {
			return strings.HasPrefix(name, start)
		})
	})
}
