package api

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
	mediaJSON   = "application/json"
	mediaYAML   = "application/yaml"
	maxJSONBody = 1 << 20
	maxYAMLBody = 512 << 10 // it takes some ten times as long to read as JSON
)

// readJSON reads and checks a request's body, puts it back for huma, and returns its SHA-256. An empty body passes; huma
// knows whether the operation can do without.
func readJSON(w http.ResponseWriter, r *http.Request) (hash [sha256.Size]byte, refusal *problem) {
	if r.Header.Get("Content-Encoding") != "" {
		return hash, badMediaType.problem()
	}
	body, err := readBody(w, r, maxJSONBody)
	switch {
	case errors.Is(err, errTooLong):
		return hash, tooLarge.problem()
	case err != nil:
		return hash, badRequest.because("The body breaks off.")
	case len(body) > 0 && !isJSON(r.Header.Get("Content-Type")):
		return hash, badMediaType.problem()
	}
	if len(body) > 0 {
		if err := checkJSON(body); err != nil {
			return hash, badRequest.problem(fault{Location: "body", Message: err.Error()})
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sha256.Sum256(body), nil
}

// readYAML reads a request's body and puts it back for huma. What it holds is for the operation to find out.
func readYAML(w http.ResponseWriter, r *http.Request) (hash [sha256.Size]byte, refusal *problem) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaYAML || r.Header.Get("Content-Encoding") != "" {
		return hash, badMediaType.problem()
	}
	body, err := readBody(w, r, maxYAMLBody)
	switch {
	case errors.Is(err, errTooLong):
		return hash, tooLarge.problem()
	case err != nil:
		return hash, badRequest.because("The body breaks off.")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return sha256.Sum256(body), nil
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	return err == nil && media == mediaJSON && (!given || strings.EqualFold(charset, "utf-8"))
}

var errTooLong = errors.New("api: the body is too long")

// readBody reads a body of at most limit bytes. It fails with errTooLong, in which case not more than that was read, nothing
// more will be, and the connection ends with the answer.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		stopReading(w)
		return nil, errTooLong
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit))
	if err != nil {
		stopReading(w)
		return nil, err
	}
	if int64(len(body)) == limit && r.ContentLength < 0 { // chunked: is there more?
		if n, _ := io.ReadFull(r.Body, make([]byte, 1)); n > 0 {
			stopReading(w)
			return nil, errTooLong
		}
	}
	return body, nil
}
