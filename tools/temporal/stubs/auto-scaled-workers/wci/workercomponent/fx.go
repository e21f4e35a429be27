// Package workercomponent would run the server's own workflows that scale workers. Here there are none.
package workercomponent

import "go.uber.org/fx"

// Module gives the server's worker service nothing to run.
var Module = fx.Options()
