package api

import (
	"reflect"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/api/admin"
	"wxdesk/api/desk"
	"wxdesk/api/web"
)

// apiDescription opens the description of the JSON API: what holds for all operations.
const apiDescription = `The HTTP API of wxdesk, a contact centre for WeChat Official Accounts.

Programs send ` + "`Authorization: Bearer <API token>`" + `, browsers the cookie that signing in sets; never both. Whatever is wrong with
either, the answer is the same 401. With the cookie, a request that changes something needs our ` + "`Origin`" + `, and one that reads
` + "`Sec-Fetch-Site`" + ` same-origin or none, as browsers send them; otherwise it is 403.
Bodies are strict JSON: unknown members, members given twice, and text after the value are refused.

Errors are problem documents (RFC 9457). Their ` + "`type`" + ` is ` + "`urn:wxdesk:problem:`" + ` and a stable name; titles and details are
for people and may change. No problem repeats a value that was sent.

Lists come in pages: ` + "`next`" + ` is the cursor of the next page, null on the last one. A cursor works for the very list it came
with: the same operation and filter. A query parameter without a value counts as absent.

Ids are UUIDs in lower case. Times are RFC 3339 in UTC.
`

// sessionScheme is how people authenticate.
const sessionScheme = "session"

// describe finishes the description after the last operation: how to authenticate, and no word of huma's own error model,
// which never leaves this process.
func (a *API) describe(h huma.API) {
	doc := h.OpenAPI()
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		web.BearerScheme: {Type: "http", Scheme: "bearer", Description: "An API token, as `wxdesk token create` prints it."},
		sessionScheme:    {Type: "apiKey", In: "cookie", Name: web.SessionCookie, Description: "The session of a person, which signing in sets."},
	}
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
	for _, path := range doc.Paths {
		if path.Post != nil {
			requireIdempotencyKey(path.Post)
		}
	}
	showConversation(doc)
	for _, path := range []string{admin.ExportPath, descriptionPath} {
		doc.Paths[path].Get.Responses["200"].Content = map[string]*huma.MediaType{web.MediaYAML: {Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	a.description = sync.OnceValues(doc.YAML)
}

// showConversation describes the conversation in a problem, whose type package web does not know.
func showConversation(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	shown := *schemas.Schema(reflect.TypeFor[desk.ConversationView](), true, "")
	shown.Description = "Of stale-version: the conversation as it is now"
	schemas.Map()["Problem"].Properties["conversation"] = &shown
}

// requireIdempotencyKey marks the header as required in the description. huma itself must not check it: a missing one is
// 400 (A11), and huma would say 422.
func requireIdempotencyKey(op *huma.Operation) {
	for _, p := range op.Parameters {
		if p.Name == desk.IdempotencyKey {
			p.Required = true
		}
	}
}

// OpenAPI returns the description of the JSON API, version 3.1 in YAML: what openapi.yaml must hold.
func (a *API) OpenAPI() ([]byte, error) { return a.description() }
