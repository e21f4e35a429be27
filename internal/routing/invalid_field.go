package routing

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// InvalidField is a part of the set-up that cannot be used: which field, by its name in the API (weekly[2].to), and why.
type InvalidField struct{ Field, Reason string }

// invalidFields are gathered, so that all of a set-up's are reported at once.
type invalidFields []InvalidField

// add reports a field unless it is well.
func (f *invalidFields) add(well bool, field, reason string, args ...any) {
	if !well {
		*f = append(*f, InvalidField{field, fmt.Sprintf(reason, args...)})
	}
}

// name asks for 1 to MaxName characters that are more than blanks.
func (f *invalidFields) name(field, name string) {
	n := utf8.RuneCountInString(name)
	f.add(1 <= n && n <= MaxName && strings.TrimSpace(name) != "", field, "expected 1 to %d characters", MaxName)
}

func (f *invalidFields) within(field string, n, low, high int) {
	f.add(low <= n && n <= high, field, "expected %d to %d", low, high)
}

func (f *invalidFields) zone(field, name string) {
	_, err := zoneOf(name)
	f.add(err == nil, field, "expected an IANA time zone such as Asia/Shanghai")
}

func (f *invalidFields) date(field, date string) {
	_, err := time.Parse(time.DateOnly, date)
	f.add(err == nil, field, "expected a date such as 2026-10-01")
}

// unique asks that no two of a list are the same.
func unique[T any, K comparable](f *invalidFields, field string, list []T, key func(T) K) {
	seen := make(map[K]bool, len(list))
	for i, v := range list {
		f.add(!seen[key(v)], at(field, i), "expected once")
		seen[key(v)] = true
	}
}

// at is the field of the nth part of a list, from 0.
func at(field string, n int) string { return fmt.Sprintf("%s[%d]", field, n) }
