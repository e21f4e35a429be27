package api

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// exactNames has huma take the names of members as they are written: its default, and that of encoding/json, lets TEXT be text,
// which whoever checks or logs a request on its way reads otherwise (A05). It is huma's own switch, for the process.
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
		DefaultFormat:                mediaJSON,
		RejectUnknownQueryParameters: true,
		Transformers: []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
			switch v := v.(type) {
			case *huma.ErrorModel:
				return fromHuma(v).traced(ctx.Context()), nil
			case *problem:
				return v.traced(ctx.Context()), nil
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
func register[I, O any](a *API, h huma.API, o operation, handle func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID:     o.id,
		Method:          o.method,
		Path:            o.path,
		DefaultStatus:   o.status,
		Summary:         o.summary,
		Description:     "For " + roleNames(o.may) + ".",
		Security:        []map[string][]string{{bearerScheme: {}}},
		Middlewares:     huma.Middlewares{a.guard(o)},
		Responses:       map[string]*huma.Response{"default": problemResponse(h)},
		MaxBodyBytes:    -1, // the guard has read the body,
		BodyReadTimeout: -1, // within its limits
	}
	huma.Register(h, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError && !errors.As(err, new(*problem)) {
			a.cfg.Log.ErrorContext(ctx, "request failed", "operation", o.id, "problem", p.Type, "error", err)
		}
		return nil, p
	})
}

func problemResponse(h huma.API) *huma.Response {
	return &huma.Response{
		Description: "A problem",
		Content: map[string]*huma.MediaType{"application/problem+json": {
			Schema: h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem"),
		}},
	}
}

// describe finishes the description after the last operation: how to authenticate, and no word of huma's own error model,
// which never leaves this process.
func (a *API) describe(h huma.API) {
	doc := h.OpenAPI()
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerScheme: {Type: "http", Scheme: "bearer", Description: "An API token, as `wxdesk token create` prints it."},
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
	for _, path := range doc.Paths {
		if path.Post != nil {
			requireIdempotencyKey(path.Post)
		}
	}
	doc.Paths[exportPath].Get.Responses["200"].Content = map[string]*huma.MediaType{mediaYAML: {Schema: &huma.Schema{Type: huma.TypeString}}}
	a.openAPI = doc
}

// requireIdempotencyKey marks the header as required in the description. huma itself must not check it: a missing one is
// 400 (A11), and huma would say 422.
func requireIdempotencyKey(op *huma.Operation) {
	for _, p := range op.Parameters {
		if p.Name == idempotencyKey {
			p.Required = true
		}
	}
}

// OpenAPI returns the description of the JSON API, version 3.1 in YAML: what openapi.yaml must hold.
func (a *API) OpenAPI() ([]byte, error) { return a.openAPI.YAML() }
