package config

import (
	"fmt"
	"slices"
	"strings"
)

const prefix = "WXDESK_"

// unknown reports the variables with our prefix that nobody reads, with the name that was probably meant.
func unknown(set map[Name]string, rows []row) []error {
	var names []Name
	for name := range set {
		known := slices.ContainsFunc(rows, func(r row) bool { return r.name == name })
		if strings.HasPrefix(string(name), prefix) && !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var mistakes []error
	for _, name := range names {
		mistakes = append(mistakes, fmt.Errorf("%s is not a setting; did you mean %s?", name, nearest(name, rows)))
	}
	return mistakes
}

// nearest is the known name that takes the fewest changes of a letter to reach, the prefix not counted.
func nearest(name Name, rows []row) Name {
	away := func(r row) int { return distance(bare(name), bare(r.name)) }
	return slices.MinFunc(rows, func(a, b row) int { return away(a) - away(b) }).name
}

func bare(name Name) string { return strings.TrimPrefix(string(name), prefix) }

// distance is Levenshtein's: how many letters must be put in, taken out or changed to get from a to b.
func distance(a, b string) int {
	to := make([]int, len(b)+1) // to[j] is the distance from the part of a seen so far to b[:j]
	for j := range to {
		to[j] = j
	}
	for i := range len(a) {
		diagonal := to[0]
		to[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = to[j+1]
			to[j+1] = min(change, to[j]+1, to[j+1]+1)
		}
	}
	return to[len(b)]
}
