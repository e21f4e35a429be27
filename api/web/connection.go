package web

import (
	"net/http"
	"time"
)

// LiftReadDeadline lets the rest of a request take as long as its context allows. Recorders in tests have no deadlines.
func LiftReadDeadline(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
}

// StopReading stops reading the request, and ends the connection with the answer.
func StopReading(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
}
