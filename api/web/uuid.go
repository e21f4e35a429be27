package web

import (
	"github.com/google/uuid"
)

// IsUUID reports whether s is a UUID in its usual form, in lower case. Other spellings of the same id are refused, so that
// nobody compares two of them.
func IsUUID(s string) bool {
	id, err := uuid.Parse(s)
	return err == nil && id.String() == s
}
