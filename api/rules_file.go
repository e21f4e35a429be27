package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of a routing file, beside maxYAMLBody. The reader compares every member of a mapping with every other.
const (
	maxFileMembers = 200  // of a mapping
	maxFileEntries = 1000 // of a list
)

// yamlLine finds the line in an error of the YAML reader, the rest of which may quote the file.
var yamlLine = regexp.MustCompile(`line (\d+)`)

// readRoutingFile reads a file strictly: one document, no unknown member, no alias. It returns the lines of its parts too.
func readRoutingFile(text []byte) (file routingFile, lines fileLines, faults []fault) {
	broken := func(message, reason string) []fault {
		if at := yamlLine.FindStringSubmatch(message); at != nil {
			reason = "line " + at[1] + ": " + reason
		}
		return []fault{{"body", reason}}
	}
	if !utf8.Valid(text) || bytes.HasPrefix(text, []byte("\ufeff")) || bytes.ContainsRune(text, 0) {
		return file, lines, broken("", "expected UTF-8 without a byte order mark")
	}
	var document yaml.Node
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&document); err != nil {
		return file, lines, broken(err.Error(), "expected YAML")
	}
	if reason := checkNode(&document, 0); reason != "" {
		return file, lines, broken("", reason)
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
		return file, lines, faults
	case err != nil:
		return file, lines, broken(err.Error(), "expected YAML")
	}
	if err := documents.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return file, lines, broken("", "expected one document")
	}
	if file.Format != routingFormat {
		return file, lines, broken("", "expected format: "+routingFormat)
	}
	return file, linesOf(&document), nil
}

// checkNode says in a sentence why a part of a file is too large to be read; "" where it is not.
func checkNode(n *yaml.Node, depth int) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return onLine(n.Line, "expected no alias")
	case depth > maxNesting:
		return onLine(n.Line, errNesting.Error())
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

// fileLines is where the parts of a file begin, by their numbers in it: lines count from 1.
type fileLines struct {
	hours    []int
	rulesets []int
	rules    [][]int // of each ruleset
}

// linesOf finds them in the document of a file that has been read.
func linesOf(document *yaml.Node) (lines fileLines) {
	for _, root := range document.Content {
		for _, hours := range entries(member(root, "hours")) {
			lines.hours = append(lines.hours, hours.Line)
		}
		for _, set := range entries(member(root, "rulesets")) {
			var rules []int
			for _, rule := range entries(member(set, "rules")) {
				rules = append(rules, rule.Line)
			}
			lines.rulesets, lines.rules = append(lines.rulesets, set.Line), append(lines.rules, rules)
		}
	}
	return lines
}

// member finds a member of a mapping; nil where there is none.
func member(n *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// entries are those of a list that the decoder keeps: it leaves out what is null.
func entries(n *yaml.Node) (kept []*yaml.Node) {
	if n == nil {
		return nil
	}
	for _, entry := range n.Content {
		if entry.ShortTag() != "!!null" {
			kept = append(kept, entry)
		}
	}
	return kept
}

// onLine says where a fault of a file is.
func onLine(line int, reason string) string { return fmt.Sprintf("line %d: %s", line, reason) }
