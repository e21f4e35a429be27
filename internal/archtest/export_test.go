package archtest

import "strings"

// Breach makes the smallest import that breaks a rule: a package it binds, and one that this package must not import.
func Breach(r Rule) (importer, imported string) {
	importer = ours + strings.TrimSuffix(strings.TrimPrefix(r.Rooms[0], everything), "/...")
	forbidden := func(l Limit) string {
		if l.allowed {
			return "not/on/the/list"
		}
		return strings.TrimSuffix(l.patterns[0], "/...")
	}
	if r.Ours.allowed || len(r.Ours.patterns) > 0 {
		return importer, ours + forbidden(r.Ours)
	}
	return importer, forbidden(r.Outside)
}
