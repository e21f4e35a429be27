package resource

import (
	"reflect"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// StampRow is a routing.Stamp as it stands in a table.
type StampRow struct {
	Tenant    conversation.Tenant `db:"tenant"`
	Version   int64               `db:"version"`
	CreatedAt time.Time           `db:"created_at"`
	UpdatedAt time.Time           `db:"updated_at"`
}

// StampColumns are those of a StampRow.
const StampColumns = `tenant, version, created_at, updated_at`

func (r StampRow) stamped() StampRow { return r }

// Stamp converts the row to a routing.Stamp.
func (r StampRow) Stamp() routing.Stamp {
	return routing.Stamp{Tenant: r.Tenant, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
}

// Settled judges a change that was made from a version and would change these columns. done: there is nothing to write,
// because everything is as wished, or because this very call wrote it before. It returns ErrVersion when somebody else
// was faster.
func Settled(current, from int64, columns []string) (done bool, err error) {
	switch {
	case current == from+1 && len(columns) == 0:
		return true, nil
	case current != from:
		return false, conversation.ErrVersion
	}
	return len(columns) == 0, nil
}

// ChangedColumns names the columns in which two rows of one type differ, by their db tags; stamps aside.
func ChangedColumns[R any](old, wished R) (columns []string) {
	a, b := reflect.ValueOf(old), reflect.ValueOf(wished)
	for i := range a.NumField() {
		column := a.Type().Field(i).Tag.Get("db")
		if column != "" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			columns = append(columns, column)
		}
	}
	return columns
}
