package cli

import (
	"context"
	"net/http"
	"net/url"
)

// botCmd keeps bots as accountCmd keeps accounts: by the rules of the HTTP API, in this process.
type botCmd struct {
	Create botCreateCmd `cmd:"" help:"Create a bot from JSON, as POST /v1/bots takes it."`
	List   botListCmd   `cmd:"" help:"List the bots."`
	Set    botSetCmd    `cmd:"" help:"Change a bot by JSON, as PATCH /v1/bots/{id} takes it; a replaced secret signs for a day more."`
	Delete botDeleteCmd `cmd:"" help:"Delete a bot that no account is set up with."`
}

type botCreateCmd struct {
	File string `help:"File with the JSON; - for standard input, where secrets leave no trace." default:"-"`
}

// Run creates a bot.
func (c botCreateCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPost, "/v1/bots", c.File)
}

type botListCmd struct {
	Cursor string `help:"The next of the page before."`
}

// Run lists bots.
func (c botListCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodGet, "/v1/bots?"+longestPage(url.Values{"cursor": {c.Cursor}}), "")
}

type botSetCmd struct {
	ID   string `arg:"" help:"The bot's id."`
	File string `help:"File with the JSON; - for standard input, where secrets leave no trace." default:"-"`
}

// Run changes a bot.
func (c botSetCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPatch, "/v1/bots/"+url.PathEscape(c.ID), c.File)
}

type botDeleteCmd struct {
	ID string `arg:"" help:"The bot's id."`
}

// Run deletes a bot.
func (c botDeleteCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodDelete, "/v1/bots/"+url.PathEscape(c.ID), "")
}

// longestPage asks a list for as much as it shows at once. What is empty counts as absent.
func longestPage(of url.Values) string {
	of.Set("limit", "200")
	return of.Encode()
}
