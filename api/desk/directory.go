package desk

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Directory reads the names of what conversations and events name by id.
type Directory interface {
	// Directory lists them, removed ones included, in the same order while nothing changes.
	Directory(ctx context.Context, t conversation.Tenant) ([]routing.Named, error)
}

type directoryView struct {
	Items []namedView `json:"items" nullable:"false"`
}

type namedView struct {
	Kind    routing.NamedKind `json:"kind" enum:"account,workstream,queue,agent,skill,bot,custom_presence"`
	ID      string            `json:"id" format:"uuid"`
	Name    string            `json:"name"`
	Removed bool              `json:"removed" doc:"No longer in use"`
}

type directoryAnswer struct {
	Status int
	ETag   string `header:"ETag" doc:"Another one as soon as any name is; for If-None-Match"`
	Body   directoryView
}

// GetDirectory answers with all names at once. A desk keeps them, and reads them again after the event settings.
func (d *Desk) GetDirectory(ctx context.Context, in *struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag of the directory as it was read: 304 where it is still the same"`
},
) (*directoryAnswer, error) {
	found, err := d.cfg.Directory.Directory(ctx, web.CallerOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	v, hash := directoryView{Items: make([]namedView, len(found))}, sha256.New()
	for i, n := range found {
		v.Items[i] = namedView(n)
		fmt.Fprintf(hash, "%s\x00%s\x00%s\x00%t\x00", n.Kind, n.ID, n.Name, n.Removed)
	}
	const tagBytes = 12
	tag := `"` + base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:tagBytes]) + `"`
	if web.IsKnown(in.IfNoneMatch, tag) {
		return &directoryAnswer{Status: http.StatusNotModified, ETag: tag}, nil
	}
	return &directoryAnswer{http.StatusOK, tag, v}, nil
}
