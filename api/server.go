package api

import (
	"net/http"
	"time"
)

// Limits of the public listener.
const (
	readWithin = 5 * time.Second // WeChat gives up then; nobody may take longer to say what they want (C23)
	idleFor    = time.Minute
	// maxHeaderBytes is for the request line and all headers; net/http adds 4 KiB of slack. Above: 431 (C24).
	maxHeaderBytes = 8 << 10
	maxHeaders     = 100
)

// NewServer returns a server for the public listener. It has no write timeout, which would cut the event stream; and its
// read timeout cancels the context of a request that is still being answered then, so a handler that may take longer
// lifts it once the body is read (liftReadDeadline).
func NewServer(addr string, h http.Handler) *http.Server {
	return &http.Server{
		Addr:                         addr,
		Handler:                      h,
		ReadHeaderTimeout:            readWithin,
		ReadTimeout:                  readWithin,
		IdleTimeout:                  idleFor,
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true, // "OPTIONS *" is 404 like everything else that nobody serves
	}
}

// liftReadDeadline lets the rest of a request take as long as its context allows. Recorders in tests have no deadlines.
func liftReadDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}

// stopReading makes sure that nothing more of the request is read, not even to throw it away, and that the connection
// ends with the answer.
func stopReading(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
}

// fewHeaders refuses a crowd of headers, which MaxHeaderBytes alone lets pass when they are short (C24).
func fewHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines := 0
		for _, values := range r.Header {
			lines += len(values)
		}
		if lines > maxHeaders {
			stopReading(w)
			w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
			return
		}
		next.ServeHTTP(w, r)
	})
}
