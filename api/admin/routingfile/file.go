package routingfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"wxdesk/api/web"
	"wxdesk/internal/routing"
)

// Limits of a routing file, beside that of its body. The reader compares every member of a mapping with every other.
const (
	maxFileMembers = 200  // of a mapping
	maxFileEntries = 1000 // of a list
)

// yamlLine finds the line in an error of the YAML reader, the rest of which may quote the file.
var yamlLine = regexp.MustCompile(`line (\d+)`)

// File is a file that has been read, whose names are not looked up yet.
type File struct {
	format format
	lines  lines
}

// Parse reads a file strictly: one document, no unknown member, no alias. It returns what is wrong with it.
func Parse(text []byte) (file File, faults []web.Fault) {
	broken := func(message, reason string) []web.Fault {
		if at := yamlLine.FindStringSubmatch(message); at != nil {
			reason = "line " + at[1] + ": " + reason
		}
		return []web.Fault{web.FaultAt("body", reason)}
	}
	if !utf8.Valid(text) || bytes.HasPrefix(text, []byte("\ufeff")) || bytes.ContainsRune(text, 0) {
		return file, broken("", "expected UTF-8 without a byte order mark")
	}
	var document yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&document); err != nil {
		return file, broken(err.Error(), "expected YAML")
	}
	if reason := checkNode(&document, 0); reason != "" {
		return file, broken("", reason)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err := decoder.Decode(&file.format)
	var mismatch *yaml.TypeError
	switch {
	case errors.As(err, &mismatch):
		for _, e := range mismatch.Errors[:min(len(mismatch.Errors), web.MaxFaults)] {
			faults = append(faults, broken(e, "expected only the members of a routing file, each once and of its kind")...)
		}
		return file, faults
	case err != nil:
		return file, broken(err.Error(), "expected YAML")
	}
	if err := documents.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return file, broken("", "expected one document")
	}
	if file.format.Format != version {
		return file, broken("", "expected format: "+version)
	}
	file.lines = linesOf(&document)
	return file, nil
}

// checkNode says in a sentence why a part of a file is too large to be read; "" if it is not.
func checkNode(n *yaml.Node, depth int) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return onLine(n.Line, "expected no alias")
	case depth > web.MaxNesting:
		return onLine(n.Line, web.ErrNesting.Error())
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*maxFileMembers:
		return onLine(n.Line, fmt.Sprintf("expected at most %d members", maxFileMembers))
	case n.Kind == yaml.SequenceNode && len(n.Content) > maxFileEntries:
		return onLine(n.Line, fmt.Sprintf("expected a list of at most %d", maxFileEntries))
	}
	for _, part := range n.Content {
		if reason := checkNode(part, depth+1); reason != "" {
			return reason
		}
	}
	return ""
}

// Import is what a routing file means in an installation.
type Import struct {
	Hours    []routing.Hours
	Rulesets []routing.ImportedRuleset
}

// Resolve looks up what the file names in a plan, until ctx ends, and returns what is wrong with it, the first MaxDiagnostics of it.
func (f File) Resolve(ctx context.Context, plan routing.Plan) (Import, []web.Fault, error) {
	r := reader{names: namesOf(plan), lines: f.lines}
	hours, err := r.read(ctx, f.format, plan)
	return Import{hours, r.imported}, r.faults, err
}
