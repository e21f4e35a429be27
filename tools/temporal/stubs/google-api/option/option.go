// Package option has the settings of clients of Google's APIs, of which there are none here.
package option

import "golang.org/x/oauth2"

// ClientOption has no effect.
type ClientOption struct{}

// WithTokenSource has no effect.
func WithTokenSource(oauth2.TokenSource) ClientOption { return ClientOption{} }
