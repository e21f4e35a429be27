package control

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"wxdesk/internal/simulator/state"
)

// decode reads a request's body into a value that may hold defaults: one JSON object in UTF-8, no field that is not known. No body at
// all leaves the value as it is.
func decode(r *http.Request, into any) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	return decodeBody(body, into)
}

// readBody reads the whole body; calls that hold the store's lock while they decode read it before, since a client may be slow.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, state.Invalidf("the body cannot be read, or is longer than this call takes")
	}
	return body, nil
}

func decodeBody(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !isObject(body) {
		return state.Invalidf("the body is not one JSON object in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return state.Invalidf("the body: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// isObject reports whether a body is one JSON object in UTF-8 and nothing else.
func isObject(body []byte) bool {
	var object map[string]json.RawMessage
	return utf8.Valid(body) && json.Unmarshal(body, &object) == nil && object != nil
}
