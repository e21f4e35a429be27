package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule is a row of the table.
type Rule struct {
	// Rooms are the packages that the rule binds, with all of ours that they reach. A pattern is a path below the module,
	// or one with "/..." for it and everything below.
	Rooms []string
	// Ours limits which of our own packages they may reach, Outside which foreign and standard ones may be imported on
	// the way. The rooms themselves are always within reach.
	Ours, Outside Limit
	// Except are single imports that Outside lets pass, as "importer imported".
	Except []string
	// Because is the reason, as the end of a sentence.
	Because string
}

// Limit is a list of patterns, either of all that is allowed or of all that is not. The zero value allows everything.
type Limit struct {
	patterns []string
	allowed  bool
}

func only(patterns ...string) Limit  { return Limit{patterns: patterns, allowed: true} }
func never(patterns ...string) Limit { return Limit{patterns: patterns} }

func (l Limit) allows(pkg string) bool { return matches(l.patterns, pkg) == l.allowed }

// Check returns one sentence for each import that breaks a rule, with the shortest way to it.
func Check(g Graph, rules []Rule) []string {
	var broken []string
	for _, rule := range rules {
		for _, from := range slices.Sorted(maps.Keys(g)) {
			if matches(rule.Rooms, strings.TrimPrefix(from, ours)) {
				broken = append(broken, rule.follow(g, from)...)
			}
		}
	}
	return broken
}

// follow walks through our packages, nearest first, and judges every import on the way.
func (r Rule) follow(g Graph, from string) []string {
	var broken []string
	way := map[string]string{from: strings.TrimPrefix(from, ours)}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		importer := queue[0]
		for _, imported := range g[importer] {
			if _, seen := way[imported]; seen {
				continue
			}
			name, isOurs := strings.CutPrefix(imported, ours)
			step := way[importer] + " → " + name
			switch {
			case !r.allows(strings.TrimPrefix(importer, ours), name, isOurs):
				broken = append(broken, fmt.Sprintf("%s: %s", step, r.Because))
				way[imported] = step // said once
			case isOurs:
				way[imported] = step
				queue = append(queue, imported)
			}
		}
	}
	return broken
}

func (r Rule) allows(importer, imported string, isOurs bool) bool {
	if isOurs {
		return matches(r.Rooms, imported) || r.Ours.allows(imported)
	}
	return r.Outside.allows(imported) || slices.Contains(r.Except, importer+" "+imported)
}

// everything is the pattern of all packages.
const everything = "..."

// matches reports whether one of the patterns covers a package.
func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		tree, isTree := strings.CutSuffix(pattern, "/...")
		return pkg == tree || isTree && strings.HasPrefix(pkg, tree+"/") || pattern == everything
	})
}

// Homeless returns the packages for which nobody has said what of ours they may know.
func Homeless(g Graph, rules []Rule, unbound []string) []string {
	var homeless []string
	for _, pkg := range slices.Sorted(maps.Keys(g)) {
		name := strings.TrimPrefix(pkg, ours)
		home := func(r Rule) bool { return r.Ours.allowed && matches(r.Rooms, name) }
		if !slices.ContainsFunc(rules, home) && !matches(unbound, name) {
			homeless = append(homeless, name)
		}
	}
	return homeless
}
