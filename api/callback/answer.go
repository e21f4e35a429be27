package callback

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// Concerns reports whether a request is WeChat's, or says so.
func Concerns(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, Prefix) }

// RefuseSurplus answers a callback that came on a connection beyond the server's limit.
func (e *Endpoint) RefuseSurplus(c *gin.Context) {
	AnswerText(c, e.outcomes.end(c.Request.Context(), "", errOverloaded), "")
}

// AnswerText answers a callback: text that no browser takes for anything else.
func AnswerText(c *gin.Context, status int, body string) {
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Status(status)
	c.Writer.WriteHeaderNow()
	_, _ = c.Writer.WriteString(body) // if it fails, the sender is gone and will repeat
}
