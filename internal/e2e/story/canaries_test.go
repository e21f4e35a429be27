package story_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// canaries are values that must not appear, by what they are.
type canaries map[string]string

// requireAbsent fails the test for every canary that stands in a text, as it is, in hex, in base64 or as in a URL.
func (c canaries) requireAbsent(t *testing.T, where string, text []byte) {
	t.Helper()
	for name, value := range c {
		for _, form := range encodings(value) {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("%s holds %s as %q: …%q…", where, name, form, text[max(0, i-60):min(len(text), i+60)])
			}
		}
	}
}

// encodings are the shapes in which a value may hide.
func encodings(values ...string) (all []string) {
	for _, v := range values {
		all = append(all, v, hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))), url.QueryEscape(v))
		for shift := range 3 { // base64 inside a longer text begins at any of three places
			for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				encoded := alphabet.EncodeToString([]byte(strings.Repeat("x", shift) + v))
				all = append(all, encoded[(shift*8+5)/6:len(encoded)-1])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
