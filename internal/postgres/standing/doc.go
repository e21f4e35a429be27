// Package standing changes how a conversation stands. It locks the conversation's rows and reads them as a snapshot, the rule book
// (internal/lifecycle) says what follows, and Apply writes that: the row, the work item, assignments, messages, the feed and the
// notice to the run. Nobody else writes these rows, but the distribution, which does the same for many conversations at once.
package standing

import "wxdesk/internal/secret"

// DB locks and changes conversations, in transactions of others.
type DB struct{ ring *secret.Keyring }

// New returns a DB. It has no pool, because each call brings its transaction.
func New(ring *secret.Keyring) *DB { return &DB{ring} }
