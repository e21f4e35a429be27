package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

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

// yamlLine finds the line in an error of the YAML reader, the rest of which may quote the file.
var yamlLine = regexp.MustCompile(`line (\d+)`)

// readRoutingFile reads a file strictly: one document, no unknown member. It returns the document too, for its lines.
func readRoutingFile(text []byte) (file routingFile, document yaml.Node, faults []fault) {
	broken := func(message, reason string) []fault {
		if at := yamlLine.FindStringSubmatch(message); at != nil {
			reason = "line " + at[1] + ": " + reason
		}
		return []fault{{"body", reason}}
	}
	if !utf8.Valid(text) || bytes.HasPrefix(text, []byte("\ufeff")) || bytes.ContainsRune(text, 0) {
		return file, document, broken("", "expected UTF-8 without a byte order mark")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(&file)
	var mismatch *yaml.TypeError
	switch {
	case errors.As(err, &mismatch):
		for _, e := range mismatch.Errors[:min(len(mismatch.Errors), maxFaults)] {
			faults = append(faults, broken(e, "expected only the members of a routing file, each once and of its kind")...)
		}
		return file, document, faults
	case err != nil:
		return file, document, broken(err.Error(), "expected YAML")
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return file, document, broken("", "expected one document")
	}
	if err := yaml.Unmarshal(text, &document); err != nil {
		return file, document, broken(err.Error(), "expected YAML")
	}
	if file.Format != routingFormat {
		return file, document, broken("", "expected format: "+routingFormat)
	}
	return file, document, nil
}

// lineOf is where a rule of the file begins; 0 where that cannot be told.
func lineOf(document yaml.Node, ruleset, rule int) int {
	at := member(member(&document, "rulesets"), fmt.Sprint(ruleset))
	if found := member(member(at, "rules"), fmt.Sprint(rule)); found != nil {
		return found.Line
	}
	if at != nil {
		return at.Line
	}
	return 0
}

// member finds a member of a mapping by name, of a sequence by number; nil where there is none.
func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return member(n.Content[0], name)
	case yaml.AliasNode:
		return member(n.Alias, name)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		for i := range n.Content {
			if fmt.Sprint(i) == name {
				return n.Content[i]
			}
		}
	}
	return nil
}

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
	file, document, faults := readRoutingFile(in.RawBody)
	if len(faults) > 0 {
		return nil, invalid.problem(faults...)
	}
	plan, err := a.cfg.People.RoutingPlan(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	reader := fileReader{names: namesOf(plan), document: document}
	hours := make([]routing.Hours, len(file.Hours))
	for i, h := range file.Hours {
		hours[i] = reader.hours(i, h)
	}
	for i, r := range file.Rulesets {
		reader.ruleset(i, r, plan)
	}
	if len(reader.faults) > 0 {
		return nil, invalid.problem(reader.faults[:min(len(reader.faults), maxFaults)]...)
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
