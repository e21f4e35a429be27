// Package secret keeps what must not be seen: a type that never prints itself, and a keyring that seals values at
// rest.
//
// Nothing here does I/O. Who needs the value says so by calling Reveal, which is easy to find in a review.
package secret

import (
	"fmt"
	"log/slog"
)

// Redacted is what a Value shows to every printer, encoder and logger.
const Redacted = "[redacted]"

// Value is a string that shows itself to nobody: fmt, encoding/json, encoding/xml and log/slog get Redacted, and
// database/sql refuses it. Its zero value is the empty secret. Values cannot be compared with ==, which would compare
// addresses.
type Value struct {
	_ [0]func()
	s *string // behind a pointer, because fmt calls no method of a value that stands in an unexported field
}

// New wraps a secret.
func New(s string) Value { return Value{s: &s} }

// Reveal returns the secret. Call it as late as possible, and never put the result into an error, a log field or a URL.
func (v Value) Reveal() string {
	if v.s == nil {
		return ""
	}
	return *v.s
}

// Empty reports whether there is no secret at all.
func (v Value) Empty() bool { return v.Reveal() == "" }

// String implements fmt.Stringer.
func (Value) String() string { return Redacted }

// Format implements fmt.Formatter, so that no verb (%x, %q, %#v …) can look inside.
func (Value) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// MarshalText implements encoding.TextMarshaler, which JSON, XML and YAML encoders honour.
func (Value) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue implements slog.LogValuer.
func (Value) LogValue() slog.Value { return slog.StringValue(Redacted) }

// UnmarshalText implements encoding.TextUnmarshaler, so that settings and requests can be read straight into custody.
func (v *Value) UnmarshalText(text []byte) error {
	*v = New(string(text))
	return nil
}
