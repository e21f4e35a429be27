package api

import (
	"context"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// routingFile is a workstream's routing on its way from one installation to another: queues, skills and capacity profiles go
// by their names, everything else is as in the JSON API.
type routingFile struct {
	Format   string        `yaml:"format"`
	Hours    []hoursFile   `yaml:"hours,omitempty"`
	Rulesets []rulesetFile `yaml:"rulesets"`
}

// routingFormat says what the file is; it changes when older readers would misunderstand a newer file.
const routingFormat = "wxdesk-routing/1"

type rulesetFile struct {
	Kind  routing.RulesetKind `yaml:"kind"`
	Name  string              `yaml:"name"`
	Queue string              `yaml:"queue,omitempty"` // of prioritisation and assignment
	Rules []ruleFile          `yaml:"rules"`
}

type ruleFile struct {
	Name     string          `yaml:"name"`
	When     string          `yaml:"when"`
	Set      map[string]any  `yaml:"set,omitempty"`
	Skills   []skillFile     `yaml:"skills,omitempty"`
	Profiles []string        `yaml:"profiles,omitempty"`
	Queue    string          `yaml:"queue,omitempty"`
	Split    []shareFile     `yaml:"split,omitempty"`
	Overflow *overflowFile   `yaml:"overflow,omitempty"`
	OrderBy  []routing.Order `yaml:"order_by,omitempty"`
}

type skillFile struct {
	Skill  string `yaml:"skill"`
	Rating int    `yaml:"rating"`
}

type shareFile struct {
	Queue   string `yaml:"queue"`
	Percent int    `yaml:"percent"`
}

type overflowFile struct {
	OutOfHours *actionFile `yaml:"out_of_hours,omitempty"`
	Full       *actionFile `yaml:"full,omitempty"` // with items
	Wait       *actionFile `yaml:"wait,omitempty"` // with seconds
}

type actionFile struct {
	Items   int                `yaml:"items,omitempty"`
	Seconds int                `yaml:"seconds,omitempty"`
	Do      routing.OverflowDo `yaml:"do"`
	Queue   string             `yaml:"queue,omitempty"`
}

// exportPath is where a routing file comes from: the one answer that is not JSON.
const exportPath = "/v1/rulesets/export"

// importRouting makes drafts of a routing file in a workstream, and operating hours that nobody keeps yet, all or none of
// them. Nothing comes into force.
func (a *API) importRouting(ctx context.Context, in *struct {
	WorkstreamID string `query:"workstream_id" required:"true" format:"uuid"`
	RawBody      []byte `contentType:"application/yaml"`
},
) (*struct{ Body page[rulesetView] }, error) {
	who, id := callerOf(ctx), conversation.WorkstreamID(in.WorkstreamID)
	if !isUUID(in.WorkstreamID) {
		return nil, invalid.problem(fault{"query.workstream_id", "expected a UUID in lower case"})
	}
	file, lines, faults := readRoutingFile(in.RawBody)
	if len(faults) > 0 {
		return nil, invalid.problem(faults...)
	}
	plan, err := a.cfg.People.RoutingPlan(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	reader := fileReader{names: namesOf(plan), lines: lines}
	hours, err := reader.read(ctx, file, plan)
	if err != nil {
		return nil, err
	}
	if len(reader.faults) > 0 {
		return nil, invalid.problem(reader.faults...)
	}
	drafts, err := a.cfg.People.ImportRulesets(ctx, who.actor(), id, hours, reader.imported)
	if err != nil {
		return nil, err
	}
	return &struct{ Body page[rulesetView] }{pageOf(drafts, len(drafts), viewRuleset, nil)}, nil
}

// exportRouting writes a workstream's routing as it is in force; what was never in force goes out as the draft.
func (a *API) exportRouting(ctx context.Context, in *struct {
	WorkstreamID string `query:"workstream_id" required:"true" format:"uuid"`
},
) (*struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}, error,
) {
	if !isUUID(in.WorkstreamID) {
		return nil, invalid.problem(fault{"query.workstream_id", "expected a UUID in lower case"})
	}
	plan, err := a.cfg.People.RoutingPlan(ctx, callerOf(ctx).Tenant, conversation.WorkstreamID(in.WorkstreamID))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(writeRoutingFile(plan)); err != nil {
		return nil, fmt.Errorf("write a routing file: %w", err)
	}
	out := &struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}{mediaYAML, []byte(text.String())}
	return out, nil
}
