package postgrestest

import (
	"wxdesk/internal/secret"
)

// Reveal lays secrets open, to compare them.
func Reveal(values []secret.Value) (list []string) {
	for _, v := range values {
		list = append(list, v.Reveal())
	}
	return list
}
