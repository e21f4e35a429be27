// Package schema holds the numbered SQL migrations, embedded. internal/postgres applies them.
package schema

import "embed"

// Files are the migrations, in goose's form; the number in front of a name is its version.
//
//go:embed *.sql
var Files embed.FS
