package postgres

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"
)

// JSON is a column of type jsonb.
type JSON[T any] struct{ V T }

// Scan implements sql.Scanner.
func (j *JSON[T]) Scan(column any) error {
	text, ok := column.([]byte)
	if !ok {
		return fmt.Errorf("a jsonb column came as %T", column)
	}
	return json.Unmarshal(text, &j.V)
}

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	text, err := json.Marshal(j.V)
	return string(text), err
}

// Texts returns ids as a parameter for an array of uuids, sorted and without repeats. IDs is the way back.
func Texts[ID ~string](ids []ID) pq.StringArray {
	list := make(pq.StringArray, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// IDs returns the ids of an array that a query has read.
func IDs[ID ~string](list pq.StringArray) []ID {
	ids := make([]ID, len(list))
	for i, id := range list {
		ids[i] = ID(id)
	}
	return ids
}

// Pointer is nil for a zero value: null in a column.
func Pointer[T comparable](value T) *T {
	if value == *new(T) {
		return nil
	}
	return &value
}

// OrEmpty is what p points to, and the zero value for nil.
func OrEmpty[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// Each turns rows into what they stand for.
func Each[R, T any](rows []R, what func(R) T) []T {
	list := make([]T, len(rows))
	for i, row := range rows {
		list[i] = what(row)
	}
	return list
}

// OrNull is nil for the zero time.
func OrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Milliseconds is n milliseconds as a duration.
func Milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// NewID is a UUIDv7, which sorts by time.
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// Affected is the number of rows that a statement wrote.
func Affected(result sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// KnownForm drops an id that is none.
func KnownForm[ID ~string](id ID) ID {
	parsed, err := uuid.Parse(string(id))
	if err != nil {
		return ""
	}
	return ID(parsed.String())
}

// Page is what every list of the set-up ends with: a page by id, which is oldest first; $2 is the last id of the page before,
// "" for the first page. That one may be gone meanwhile.
const Page = ` and tenant = $1 and ($2 = '' or id > nullif($2, '')::uuid) order by id limit $3`

// RestoreIntegers makes int64 of the whole numbers that JSON has made floats of.
func RestoreIntegers(values map[string]any) {
	for name, value := range values {
		switch n := value.(type) {
		case float64:
			if n == math.Trunc(n) {
				values[name] = int64(n)
			}
		case json.Number:
			if i, err := n.Int64(); err == nil {
				values[name] = i
			}
		}
	}
}
