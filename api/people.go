package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// People is the set-up of people: where conversations wait, who takes them, and how they get there. Each part has the five
// methods of accounts: created with a new id, read, listed oldest first, updated where its version is still the one given
// (ErrVersion otherwise), and deleted unless something needs it (ErrInUse). What points to nothing is a
// routing.UnknownError.
type People interface {
	Workstreams
	Queues
	OperatingHours
	Skills
	CapacityProfiles
	CustomPresences
	Agents
	Customers
	Rulesets
	Settings
}

// StampView is what every part shows of its changes.
type StampView struct {
	Version   int64     `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func viewStamp(s routing.Stamp) StampView {
	return StampView{s.Version, s.CreatedAt.UTC(), s.UpdatedAt.UTC()}
}

// stamped is a part of the set-up.
type stamped interface{ Stamped() routing.Stamp }

// PartPath names a part in the path; PageQuery is what every list of parts takes. What is embedded bears an exported name, as
// huma looks at no other.
type (
	PartPath struct {
		ID string `path:"id" format:"uuid"`
	}
	PageQuery struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
		Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
	}
)

// changing is what every change of a part takes.
type changing[B any] struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    B
}

// partAnswer, partCreated and partPage are the answers of a part's operations.
type (
	partAnswer[V any] struct {
		ETag string `header:"ETag"`
		Body V
	}
	partCreated[V any] struct {
		Location string `header:"Location"`
		ETag     string `header:"ETag"`
		Body     V
	}
	partPage[V any] struct{ Body page[V] }
)

func answerPart[T stamped, V any](part T, err error, view func(T) V) (*partAnswer[V], error) {
	if err != nil {
		return nil, err
	}
	return &partAnswer[V]{versionTag(part.Stamped().Version), view(part)}, nil
}

// answerCreated says where the new part is: location is its collection's path and its id.
func answerCreated[T stamped, V any](part T, location string, view func(T) V) *partCreated[V] {
	return &partCreated[V]{location, versionTag(part.Stamped().Version), view(part)}
}

// listParts reads a page of parts. read asks for those after an id, at most so many; list names the list in its cursors.
func listParts[T, V any](ctx context.Context, a *API, list string, in PageQuery,
	read func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]T, error), id func(T) string, view func(T) V,
) (*partPage[V], error) {
	who := callerOf(ctx)
	names := []string{list, string(who.Tenant)}
	after, err := a.cursors.position(in.Cursor, names...)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, who.Tenant, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &partPage[V]{pageOf(found, in.Limit, view, func(last T) string { return a.cursors.after(id(last), names...) })}, nil
}

// changePart reads a part, applies a change and writes it, by the version that was read. Without If-Match it begins anew
// where somebody else was faster.
func changePart[T stamped](ifMatch string, read func() (T, error), apply func(*T) []fault, write func(T) (T, error)) (T, error) {
	var none T
	for try := 1; ; try++ {
		part, err := read()
		if err != nil {
			return none, err
		}
		if otherVersion(ifMatch, part.Stamped().Version) {
			return none, conversation.ErrVersion
		}
		if faults := apply(&part); len(faults) > 0 {
			return none, invalid.problem(faults...)
		}
		changed, err := write(part)
		if errors.Is(err, conversation.ErrVersion) && ifMatch == "" && try < changeTries {
			continue
		}
		return changed, err
	}
}

// bodyFaults are what a check of package routing found, as parts of the request's body.
func bodyFaults(found []routing.Fault) []fault {
	faults := make([]fault, len(found))
	for i, f := range found {
		faults[i] = fault{"body." + f.Field, f.Reason}
	}
	return faults
}

// setDuration reads a duration such as 90s, 30m or 48h.
func setDuration(field *time.Duration, text *string, name string) []fault {
	if text == nil {
		return nil
	}
	d, err := time.ParseDuration(*text)
	if err != nil || d < 0 {
		return []fault{{"body." + name, "expected a duration such as 90s, 30m or 48h"}}
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

// set gives a field the amount where there is one.
func (a amount) set(field *int, name string) []fault {
	if a.null {
		return []fault{{"body." + name, "expected a whole number, not null"}}
	}
	if a.given {
		*field = a.value
	}
	return nil
}

// uuids checks ids that a body lists, and gives them their type.
func uuids[ID ~string](given []string, name string) ([]ID, []fault) {
	ids := make([]ID, len(given))
	for i, id := range given {
		if !isUUID(id) {
			return nil, []fault{{"body." + name, "expected UUIDs in lower case"}}
		}
		ids[i] = ID(id)
	}
	return ids, nil
}

// setIDs replaces a list of ids where one is given.
func setIDs[ID ~string](field *[]ID, given *[]string, name string) []fault {
	if given == nil {
		return nil
	}
	ids, faults := uuids[ID](*given, name)
	*field = ids
	return faults
}

func plain[ID ~string](ids []ID) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list
}
