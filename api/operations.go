package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"wxdesk/api/events"
	"wxdesk/api/web"
)

// exactNames makes huma compare names of members exactly. By default huma, like encoding/json, takes TEXT for text, while a program
// that checks or logs the request on its way does not (A05). It is a setting of huma for the whole process.
var exactNames = sync.OnceFunc(func() { huma.ValidateStrictCasing = true })

// newHuma sets up the JSON API on the router: strict about queries and names, no routes of its own for documents and schemas, no
// $schema in bodies, and every error a problem.
func (a *API) newHuma() huma.API {
	exactNames()
	return humagin.New(a.router, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "wxdesk",
				Version:     "1",
				Description: apiDescription,
			},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName)},
		},
		Formats:                      huma.DefaultFormats,
		DefaultFormat:                web.MediaJSON,
		RejectUnknownQueryParameters: true,
		Transformers: []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
			switch v := v.(type) {
			case *huma.ErrorModel:
				return web.FromHuma(v).Traced(ctx.Context()), nil
			case *web.Problem:
				return v.Traced(ctx.Context()), nil
			}
			return v, nil
		}},
	})
}

// schemaName names a type in the description: an accountView is an Account there.
func schemaName(t reflect.Type, hint string) string {
	return strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "View")
}

// register adds an operation behind its guard. What its handler returns as an error becomes a problem; the causes of
// failures on our side are logged.
func register[I, O any](a *API, h huma.API, r route, handle func(context.Context, *I) (*O, error)) {
	o := web.Operation(r)
	op := huma.Operation{
		OperationID:     o.ID,
		Method:          o.Method,
		Path:            o.Path,
		DefaultStatus:   o.Status,
		Summary:         o.Summary,
		Description:     o.May.String(),
		Security:        securityOf(o.May),
		Middlewares:     huma.Middlewares{web.Compress, a.guard.Before(o)},
		Responses:       map[string]*huma.Response{"default": problemResponse(h)},
		MaxBodyBytes:    -1, // the guard has read the body,
		BodyReadTimeout: -1, // within its limits
	}
	huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		p := web.ProblemOf(err)
		if p.Status >= http.StatusInternalServerError && !errors.As(err, new(*web.Problem)) {
			a.cfg.Log.ErrorContext(ctx, "request failed", "operation", o.ID, "problem", p.Type, "error", err)
		}
		return nil, p
	})
}

// registerEvents is register for the event stream, which huma knows only by its description.
func (a *API) registerEvents(h huma.API, r route) {
	o := web.Operation(r)
	h.OpenAPI().AddOperation(&huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary,
		Description: o.May.String() + " Never ends by itself. An agent is there while they have a stream open, and offline ten seconds after the last one has ended; who has signed in with a session also has to begin their shift.",
		Security:    securityOf(o.May),
		Parameters: []*huma.Param{{
			Name: events.LastEventID, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The id of the last event that was received: the stream goes on after it",
		}, {
			Name: "only", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^(mine|board|conversation:[0-9a-f-]{36})$"},
			Description: "Which part of what you may see: what you would see as an agent only; how conversations and agents stand, alerts, and how far you have read; or one conversation. Every part has settings and reset",
		}},
		Responses: map[string]*huma.Response{
			strconv.Itoa(o.Status): {
				Description: events.Describe(h.OpenAPI().Components.Schemas),
				Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
			},
			"default": problemResponse(h),
		},
	})
	a.router.Handle(o.Method, o.Path, func(c *gin.Context) { a.events.Follow(c, o) })
}

// securityOf says what an operation can be authenticated by.
func securityOf(may web.Audience) []map[string][]string {
	token, session := map[string][]string{web.BearerScheme: {}}, map[string][]string{sessionScheme: {}}
	switch {
	case may.Open():
		return []map[string][]string{}
	case may.ForPeople():
		return []map[string][]string{session}
	}
	return []map[string][]string{token, session}
}

func problemResponse(h huma.API) *huma.Response {
	return &huma.Response{
		Description: "A problem",
		Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[web.Problem](), true, "Problem"),
		}},
	}
}
