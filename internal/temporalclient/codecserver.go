package temporalclient

import (
	"net/http"

	"go.temporal.io/sdk/converter"
)

// maxCodecBody bounds what one request to the codec endpoint may hold; Temporal's own limit for a request is 4 MB.
const maxCodecBody = 8 << 20

// NewCodecHandler opens payloads for the Temporal Web UI at origin: POST /codec/decode and /codec/encode. A browser page
// of any other origin gets nothing. It stands on the private listener, because who reaches it can read everything.
func NewCodecHandler(codec *Codec, origin string) http.Handler {
	payloads := converter.NewPayloadCodecHTTPHandler(codec)
	mux := http.NewServeMux()
	handle := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin")
		if r.Header.Get("Origin") != origin {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "POST")
			w.Header().Set("Access-Control-Allow-Headers", "Content-Type, Authorization, X-Namespace, Caller-Type")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxCodecBody)
		payloads.ServeHTTP(w, r)
	}
	for _, path := range []string{"/codec/encode", "/codec/decode"} {
		mux.HandleFunc("POST "+path, handle)
		mux.HandleFunc("OPTIONS "+path, handle)
	}
	return mux
}
