package postgrestest

import (
	"flag"
)

// full tries the promises with the numbers that they are made with, for `make promises`; without it as much as takes seconds.
var full = flag.Bool("full", false, "try the promises R6, R7 and R9 in full")

// Scale is how often something is tried: in full with the flag -full.
func Scale(otherwise, inFull int) int {
	if *full {
		return inFull
	}
	return otherwise
}
