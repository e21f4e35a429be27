package api

import (
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/otel/propagation"

	"wxdesk/api/callback"
	"wxdesk/api/web"
)

const serviceName = "wxdesk-api"

// newRouter is strict about paths and methods: no redirects, no cleaning, 405 with Allow. It trusts no proxy headers, and
// a stranger's trace headers never choose our trace.
func (a *API) newRouter() *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // gin's own switch, for the process: it prints the routes otherwise
	r := gin.New()
	r.RedirectTrailingSlash = false
	r.RedirectFixedPath = false
	r.HandleMethodNotAllowed = true
	r.UseEscapedPath = true // an escaped slash belongs to the element it stands in
	_ = r.SetTrustedProxies(nil)

	r.Use(
		otelgin.Middleware(serviceName,
			otelgin.WithTracerProvider(a.cfg.Tracers),
			otelgin.WithMeterProvider(a.cfg.Meters),
			otelgin.WithPropagators(propagation.NewCompositeTextMapPropagator())),
		func(c *gin.Context) { c.Header("X-Content-Type-Options", "nosniff") },
		a.survivePanics,
		a.refuseSurplus,
	)
	r.NoRoute(func(c *gin.Context) {
		if a.cfg.Console != nil && concernsConsole(c.Request) {
			c.Status(http.StatusOK) // Gin expects 404 here
			a.cfg.Console.ServeHTTP(c.Writer, c.Request)
			return
		}
		refuseRoute(c, http.StatusNotFound)
	})
	r.NoMethod(func(c *gin.Context) { refuseRoute(c, http.StatusMethodNotAllowed) })
	return r
}

// refuseRoute answers what no route serves: WeChat's side gets an empty body, everybody else a problem document.
func refuseRoute(c *gin.Context, status int) {
	if callback.Concerns(c.Request) {
		callback.AnswerText(c, status, "")
		return
	}
	web.ProblemFor(status).Write(c.Request.Context(), c.Writer)
}

// survivePanics turns a panic into the answer for "try again": 503 for WeChat, which then does, and 500 for the API. The
// panic's value may hold what somebody said, so only its type is logged, and its text if the runtime wrote it.
func (a *API) survivePanics(c *gin.Context) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
			panic(p)
		}
		a.cfg.Log.ErrorContext(c.Request.Context(), "request panicked",
			"method", c.Request.Method, "route", c.FullPath(), web.PanicAttr(p), "stack", string(debug.Stack()))
		c.Abort()
		if c.Writer.Written() {
			return
		}
		if callback.Concerns(c.Request) {
			callback.AnswerText(c, http.StatusServiceUnavailable, "")
			return
		}
		web.ProblemFor(http.StatusInternalServerError).Write(c.Request.Context(), c.Writer)
	}()
	c.Next()
}

// refuseSurplus answers requests of connections that are too many. Those of WeChat are the callback endpoint's.
func (a *API) refuseSurplus(c *gin.Context) {
	if c.Request.Context().Value(surplusKey{}) == nil {
		return
	}
	c.Abort()
	web.StopReading(c.Writer)
	if callback.Concerns(c.Request) {
		a.callbacks.RefuseSurplus(c)
		return
	}
	web.Overloaded.Retry(1).Write(c.Request.Context(), c.Writer)
}
