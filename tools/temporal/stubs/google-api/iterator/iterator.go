// Package iterator has the end of a list.
package iterator

import "errors"

// Done says that nothing follows.
var Done = errors.New("no more items in iterator")
