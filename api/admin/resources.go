package admin

import (
	"context"
	"errors"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// StampView is what every resource shows of its changes.
type StampView struct {
	Version   int64     `json:"version" doc:"Counts changes; also the ETag"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func viewStamp(s routing.Stamp) StampView {
	return StampView{s.Version, s.CreatedAt.UTC(), s.UpdatedAt.UTC()}
}

// stamped is a resource, with its version and times.
type stamped interface{ Stamped() routing.Stamp }

// ResourcePath names a resource in the path. It is exported because huma looks into no embedded struct that is not.
type ResourcePath struct {
	ID string `path:"id" format:"uuid"`
}

// changing is what every change of a resource takes.
type changing[B any] struct {
	ID      string `path:"id" format:"uuid"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is meant for; without it, whatever there is changes"`
	Body    B
}

// resourceAnswer, resourceCreated and resourcePage are the answers of a resource's operations.
type (
	resourceAnswer[V any] struct {
		ETag string `header:"ETag"`
		Body V
	}
	resourceCreated[V any] struct {
		Location string `header:"Location"`
		ETag     string `header:"ETag"`
		Body     V
	}
	resourcePage[V any] struct{ Body web.Page[V] }
)

func answerResource[T stamped, V any](resource T, err error, view func(T) V) (*resourceAnswer[V], error) {
	if err != nil {
		return nil, err
	}
	return &resourceAnswer[V]{web.VersionTag(resource.Stamped().Version), view(resource)}, nil
}

// answerCreated says where the new resource is: location is its collection's path and its id.
func answerCreated[T stamped, V any](resource T, location string, view func(T) V) *resourceCreated[V] {
	return &resourceCreated[V]{location, web.VersionTag(resource.Stamped().Version), view(resource)}
}

// listResources reads a page of resources. read asks for those after an id, at most so many; list names the list in its cursors.
func listResources[T, V any](ctx context.Context, a *Admin, list string, in web.PageQuery,
	read func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]T, error), id func(T) string, view func(T) V,
) (*resourcePage[V], error) {
	who := web.CallerOf(ctx)
	names := []string{list, string(who.Tenant)}
	after, err := a.cursors.Position(in.Cursor, names...)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, who.Tenant, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	return &resourcePage[V]{web.PageOf(found, in.Limit, view, func(last T) string { return a.cursors.After(id(last), names...) })}, nil
}

// changeTries is how often a change without If-Match is applied to what it finds, before the others win.
const changeTries = 3

// changeResource reads a resource, applies a change and writes it, by the version that was read. Without If-Match it begins again
// if somebody else was faster.
func changeResource[T stamped](ifMatch string, read func() (T, error), apply func(*T) []web.Fault, write func(T) (T, error)) (T, error) {
	var none T
	for try := 1; ; try++ {
		resource, err := read()
		if err != nil {
			return none, err
		}
		if web.IsOtherVersion(ifMatch, resource.Stamped().Version) {
			return none, conversation.ErrVersion
		}
		if faults := apply(&resource); len(faults) > 0 {
			return none, web.Invalid.Problem(faults...)
		}
		changed, err := write(resource)
		if errors.Is(err, conversation.ErrVersion) && ifMatch == "" && try < changeTries {
			continue
		}
		return changed, err
	}
}
