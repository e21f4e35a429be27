package admin

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/api/web"
	"wxdesk/internal/routing"
)

// bodyFaults are what a check of package routing found, as parts of the request's body.
func bodyFaults(found []routing.InvalidField) []web.Fault {
	faults := make([]web.Fault, len(found))
	for i, f := range found {
		faults[i] = web.FaultAt("body."+f.Field, f.Reason)
	}
	return faults
}

// set replaces a field if a value is given.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// setDuration reads a duration such as 90s, 30m or 48h.
func setDuration(field *time.Duration, text *string, name string) []web.Fault {
	if text == nil {
		return nil
	}
	d, err := time.ParseDuration(*text)
	if err != nil || d < 0 {
		return []web.Fault{web.FaultAt("body."+name, "expected a duration such as 90s, 30m or 48h")}
	}
	*field = d
	return nil
}

// amount is a whole number of capacity in a request, from 0 to maxAmount. Absent it stays as it is. null is refused: nobody
// could tell whether it means nothing or everything (M04).
type amount struct {
	given, null bool
	value       int
}

const maxAmount = 1_000_000

// UnmarshalJSON implements json.Unmarshaler; it is called for null too.
func (a *amount) UnmarshalJSON(text []byte) error {
	a.given, a.null = true, string(text) == "null"
	return json.Unmarshal(text, &a.value)
}

// Schema implements huma.SchemaProvider.
func (amount) Schema(huma.Registry) *huma.Schema {
	low, high := 0.0, float64(maxAmount)
	return &huma.Schema{Type: huma.TypeInteger, Minimum: &low, Maximum: &high}
}

// set gives a field the amount if there is one.
func (a amount) set(field *int, name string) []web.Fault {
	if a.null {
		return []web.Fault{web.FaultAt("body."+name, "expected a whole number, not null")}
	}
	if a.given {
		*field = a.value
	}
	return nil
}

// uuids checks ids that a body lists, and gives them their type.
func uuids[ID ~string](given []string, name string) ([]ID, []web.Fault) {
	ids := make([]ID, len(given))
	for i, id := range given {
		if !web.IsUUID(id) {
			return nil, []web.Fault{web.FaultAt("body."+name, "expected UUIDs in lower case")}
		}
		ids[i] = ID(id)
	}
	return ids, nil
}

// setIDs replaces a list of ids if one is given.
func setIDs[ID ~string](field *[]ID, given *[]string, name string) []web.Fault {
	if given == nil {
		return nil
	}
	ids, faults := uuids[ID](*given, name)
	*field = ids
	return faults
}

// formatDuration writes a duration without the zeros that time.Duration appends: 48h, not 48h0m0s.
func formatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
