package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
)

// agentCmd keeps agents, as accountCmd keeps accounts: by the rules of the HTTP API, asked in this process.
type agentCmd struct {
	Create agentCreateCmd `cmd:"" help:"Create an agent and print the id."`
	List   agentListCmd   `cmd:"" help:"List the agents."`
}

type agentCreateCmd struct {
	Name  string   `required:"" help:"The agent's name, as colleagues see it."`
	Queue []string `help:"Id of a queue that the agent belongs to; may be given more than once."`
}

// Run prints the new agent's id alone on standard output.
func (c agentCreateCmd) Run(ctx context.Context, p Process) error {
	body, err := json.Marshal(map[string]any{"name": c.Name, "queue_ids": append([]string{}, c.Queue...)})
	if err != nil {
		return fmt.Errorf("write an agent's JSON: %w", err)
	}
	p.Stdin = bytes.NewReader(body)
	got, err := callAPI(ctx, p, http.MethodPost, "/v1/agents", "-")
	if err != nil {
		return err
	}
	if !got.succeeded() {
		return got.show(p)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(got.body.Bytes(), &made); err != nil {
		return fmt.Errorf("read the API's answer: %w", err)
	}
	say(p, "%s", made.ID)
	return nil
}

type agentListCmd struct{}

// Run lists all agents, page by page.
func (agentListCmd) Run(ctx context.Context, p Process) error {
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tPRESENCE\tDISABLED")
	for cursor := ""; ; {
		got, err := callAPI(ctx, p, http.MethodGet, "/v1/agents?limit=200&cursor="+cursor, "")
		if err != nil {
			return err
		}
		if !got.succeeded() {
			return got.show(p)
		}
		var page struct {
			Items []struct {
				ID, Name, Presence string
				Disabled           bool
			}
			Next *string
		}
		if err := json.Unmarshal(got.body.Bytes(), &page); err != nil {
			return fmt.Errorf("read the API's answer: %w", err)
		}
		for _, g := range page.Items {
			fmt.Fprintf(table, "%s\t%s\t%s\t%t\n", g.ID, g.Name, g.Presence, g.Disabled)
		}
		if page.Next == nil {
			return table.Flush()
		}
		cursor = *page.Next
	}
}
