package web

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// compressFrom is how long an answer must be to be compressed: below, it fits into one packet either way.
const compressFrom = 1 << 10

// Compress is the middleware that compresses long answers for clients that take gzip. The event stream does not use it, because each
// event must go out at once.
//
// The length of a compressed answer tells a little about its content (BREACH): whoever can read the length of many answers, and put texts of
// their own into them, may guess what else is in them. No answer repeats a secret: API tokens and links stand in one answer alone, which is
// new each time, and the session stands in a header, which is not compressed. Other sites can ask for no answer in a person's name.
func Compress(ctx huma.Context, next func(huma.Context)) {
	c := humagin.Unwrap(ctx)
	c.Header("Vary", "Accept-Encoding")
	if !takesGzip(c.GetHeader("Accept-Encoding")) {
		next(ctx)
		return
	}
	w := &compressedWriter{ResponseWriter: c.Writer}
	c.Writer = w
	defer func() { c.Writer = w.ResponseWriter }()
	next(ctx)
	w.finish()
}

// takesGzip reads Accept-Encoding (RFC 9110, 12.5.3). A client without the header gets plain answers, which every client can read.
func takesGzip(accepted string) bool {
	taken := false
	for part := range strings.SplitSeq(strings.ToLower(accepted), ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		wanted := true
		if quality, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			q, err := strconv.ParseFloat(quality, 64)
			wanted = err == nil && q > 0
		}
		switch coding = strings.TrimSpace(coding); {
		case coding == "gzip" || coding == "x-gzip":
			return wanted
		case coding == "*":
			taken = wanted
		}
	}
	return taken
}

// zippers are used again, because each has tables of some hundred kilobytes.
var zippers = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic("api: " + err.Error()) // only an unknown level is refused
	}
	return z
}}

// compressedWriter keeps the beginning of an answer until it is known to be long. Then it compresses the whole.
type compressedWriter struct {
	gin.ResponseWriter
	held []byte
	zip  *gzip.Writer // nil until the answer is long
}

// Write implements io.Writer.
func (w *compressedWriter) Write(p []byte) (int, error) {
	if w.zip == nil && len(w.held)+len(p) < compressFrom {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	if w.zip == nil {
		w.begin()
		if _, err := w.zip.Write(w.held); err != nil {
			return 0, err
		}
	}
	return w.zip.Write(p)
}

// WriteString implements io.StringWriter.
func (w *compressedWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Written implements gin.ResponseWriter.
func (w *compressedWriter) Written() bool {
	return len(w.held) > 0 || w.zip != nil || w.ResponseWriter.Written()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *compressedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *compressedWriter) begin() {
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Del("Content-Length")
	w.zip = zippers.Get().(*gzip.Writer) //nolint:forcetypeassert // the pool makes nothing else
	w.zip.Reset(w.ResponseWriter)
}

// finish writes what is still kept. It fails only if the caller has gone.
func (w *compressedWriter) finish() {
	if w.zip == nil {
		if len(w.held) > 0 {
			_, _ = w.ResponseWriter.Write(w.held)
		}
		return
	}
	_ = w.zip.Close()
	w.zip.Reset(nil)
	zippers.Put(w.zip)
}
