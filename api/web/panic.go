package web

import (
	"fmt"
	"log/slog"
	"runtime"
)

// PanicAttr describes a recovered panic without what it may quote.
func PanicAttr(p any) slog.Attr {
	if err, ok := p.(runtime.Error); ok {
		return slog.String("panic", err.Error())
	}
	return slog.String("panic", fmt.Sprintf("%T", p))
}
