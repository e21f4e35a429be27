package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Faults of a body that a lenient decoder would accept. An attacker can get around a check if two programs read the same text
// differently, so such a text is refused before anything reads it.
var (
	errNotJSON   = errors.New("expected one JSON value and nothing after it")
	errNotUTF8   = errors.New("expected UTF-8")
	ErrNesting   = errors.New("expected at most 32 levels of nesting")
	errTwice     = errors.New("expected every member of an object once")
	errNumber    = errors.New("expected numbers that a double can hold")
	errCharacter = errors.New("expected no NUL character and no half of a surrogate pair")
)

const MaxNesting = 32

// checkJSON reports why a text is not strict JSON. Its errors quote nothing of it.
func checkJSON(text []byte) error {
	if !utf8.Valid(text) {
		return errNotUTF8
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return checkEscapes(text)
}

func checkValue(d *json.Decoder, depth int) error {
	token, err := d.Token()
	if err != nil {
		return errNotJSON
	}
	switch token := token.(type) {
	case json.Delim:
		if depth == MaxNesting {
			return ErrNesting
		}
		return checkMembers(d, token == '{', depth+1)
	case json.Number:
		if f, err := strconv.ParseFloat(token.String(), 64); err != nil || math.IsInf(f, 0) {
			return errNumber
		}
	}
	return nil
}

// checkMembers checks what stands in an object or array, up to its end. Names that differ only in case count as the same,
// since encoding/json takes them so.
func checkMembers(d *json.Decoder, object bool, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		if object {
			token, err := d.Token()
			name, ok := token.(string)
			if err != nil || !ok {
				return errNotJSON
			}
			name = strings.ToLower(strings.ToUpper(name))
			if seen[name] {
				return errTwice
			}
			seen[name] = true
		}
		if err := checkValue(d, depth); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return errNotJSON
	}
	return nil
}

// checkEscapes looks at the \u escapes of a valid JSON text, which a decoder would quietly replace or let through.
func checkEscapes(text []byte) error {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++
		if text[i] != 'u' {
			continue
		}
		r := hex4(text[i+1:])
		i += 4
		switch {
		case r == 0:
			return errCharacter
		case utf16.IsSurrogate(r):
			if !bytes.HasPrefix(text[i+1:], []byte(`\u`)) || utf16.DecodeRune(r, hex4(text[i+3:])) == utf8.RuneError {
				return errCharacter
			}
			i += 6
		}
	}
	return nil
}

// hex4 reads the four hex digits of an escape that the decoder has found to be one.
func hex4(text []byte) rune {
	n, err := strconv.ParseUint(string(text[:4]), 16, 16)
	if err != nil {
		return utf8.RuneError
	}
	return rune(n)
}
