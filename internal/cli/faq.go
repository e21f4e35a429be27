package cli

import (
	"context"
	"net/http"
	"net/url"
)

// faqCmd keeps what the FAQ bot knows as accountCmd keeps accounts: by the rules of the HTTP API, in this process.
type faqCmd struct {
	Add    faqAddCmd    `cmd:"" help:"Add an entry from JSON, as POST /v1/faq-entries takes it."`
	List   faqListCmd   `cmd:"" help:"List the entries."`
	Set    faqSetCmd    `cmd:"" help:"Change an entry by JSON, as PATCH /v1/faq-entries/{id} takes it."`
	Delete faqDeleteCmd `cmd:"" help:"Delete an entry."`
}

type faqAddCmd struct {
	File string `help:"File with the JSON; - for standard input." default:"-"`
}

// Run adds an entry.
func (c faqAddCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPost, "/v1/faq-entries", c.File)
}

type faqListCmd struct {
	Account  string `help:"Only this account's own entries."`
	Language string `help:"Only those in this language."`
	Cursor   string `help:"The next of the page before."`
}

// Run lists entries.
func (c faqListCmd) Run(ctx context.Context, p Process) error {
	query := longestPage(url.Values{"account": {c.Account}, "language": {c.Language}, "cursor": {c.Cursor}})
	return askAPI(ctx, p, http.MethodGet, "/v1/faq-entries?"+query, "")
}

type faqSetCmd struct {
	ID   string `arg:"" help:"The entry's id."`
	File string `help:"File with the JSON; - for standard input." default:"-"`
}

// Run changes an entry.
func (c faqSetCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPatch, "/v1/faq-entries/"+url.PathEscape(c.ID), c.File)
}

type faqDeleteCmd struct {
	ID string `arg:"" help:"The entry's id."`
}

// Run deletes an entry.
func (c faqDeleteCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodDelete, "/v1/faq-entries/"+url.PathEscape(c.ID), "")
}
