package routingfile

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// lines is where the parts of a file begin, by their numbers in it: lines count from 1.
type lines struct {
	hours    []int
	rulesets []int
	rules    [][]int // of each ruleset
}

// linesOf finds them in the document of a file that has been read.
func linesOf(document *yaml.Node) (lines lines) {
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

// member finds a member of a mapping; nil if there is none.
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

// onLine says where in a file something is wrong.
func onLine(line int, reason string) string { return fmt.Sprintf("line %d: %s", line, reason) }
