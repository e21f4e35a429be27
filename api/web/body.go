package web

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

const (
	MediaJSON   = "application/json"
	MediaYAML   = "application/yaml"
	maxJSONBody = 1 << 20
	maxYAMLBody = 512 << 10 // it takes some ten times as long to read as JSON
)

// readJSON reads and checks a request's body, puts it back for huma, and returns its SHA-256. An empty body passes; huma
// knows whether the operation can do without.
func readJSON(w http.ResponseWriter, r *http.Request) (hash [sha256.Size]byte, refusal *Problem) {
	if r.Header.Get("Content-Encoding") != "" {
		return hash, BadMediaType.Problem()
	}
	body, err := ReadBody(w, r, maxJSONBody)
	switch {
	case errors.Is(err, ErrTooLong):
		return hash, TooLarge.Problem()
	case err != nil:
		return hash, BadRequest.Because("The body breaks off.")
	case len(body) > 0 && !isJSON(r.Header.Get("Content-Type")):
		return hash, BadMediaType.Problem()
	}
	if len(body) > 0 {
		if err := checkJSON(body); err != nil {
			return hash, BadRequest.Problem(FaultAt("body", err.Error()))
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sha256.Sum256(body), nil
}

// readYAML reads a request's body and puts it back for huma. What it holds is for the operation to find out.
func readYAML(w http.ResponseWriter, r *http.Request) (hash [sha256.Size]byte, refusal *Problem) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != MediaYAML || r.Header.Get("Content-Encoding") != "" {
		return hash, BadMediaType.Problem()
	}
	body, err := ReadBody(w, r, maxYAMLBody)
	switch {
	case errors.Is(err, ErrTooLong):
		return hash, TooLarge.Problem()
	case err != nil:
		return hash, BadRequest.Because("The body breaks off.")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sha256.Sum256(body), nil
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	return err == nil && media == MediaJSON && (!given || strings.EqualFold(charset, "utf-8"))
}

var ErrTooLong = errors.New("api: the body is too long")

// ReadBody reads a body of at most limit bytes. If the body is longer it returns ErrTooLong, reads nothing more, and the connection
// ends with the answer.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		StopReading(w)
		return nil, ErrTooLong
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit))
	if err != nil {
		StopReading(w)
		return nil, err
	}
	if int64(len(body)) == limit && r.ContentLength < 0 { // chunked: is there more?
		if n, _ := io.ReadFull(r.Body, make([]byte, 1)); n > 0 {
			StopReading(w)
			return nil, ErrTooLong
		}
	}
	return body, nil
}
