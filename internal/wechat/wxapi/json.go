package wxapi

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// appendJSONString writes s as a JSON string in raw UTF-8, escaping only what JSON demands: WeChat shows some escapes to
// the customer as they are and refuses others (40033). encoding/json would escape more, U+2028 always.
func appendJSONString(b []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s { // an invalid byte comes as U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&0xF])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// appendObject writes an object of texts, given as names and values by turns. Empty values are left out.
func appendObject(b []byte, pairs ...string) []byte {
	return append(appendPairs(append(b, '{'), pairs...), '}')
}

// appendPairs goes on with an object that may have something in it.
func appendPairs(b []byte, pairs ...string) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendJSONString(b, pairs[i]), ':')
		b = appendJSONString(b, pairs[i+1])
	}
	return b
}

// appendList writes a list whose items appendItem writes.
func appendList[T any](b []byte, items []T, appendItem func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendItem(b, item)
	}
	return append(b, ']')
}

// answer is what all answers have in common: without an errcode, a call has succeeded.
type answer struct {
	ErrCode integer `json:"errcode"`
	ErrMsg  words   `json:"errmsg"`
}

// words is a text; anything else leaves it empty, since nothing depends on it.
type words string

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (s *words) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*s = words(plain)
	}
	return nil
}

// integer is a whole number that may also come as a string of digits. Anything else leaves it given but not valid, so that
// the rest of the answer can still be read.
type integer struct {
	n     int64
	given bool // present and not null
	valid bool
}

// UnmarshalJSON implements json.Unmarshaler. It never fails.
func (i *integer) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	digits := string(text)
	if unquoted, err := strconv.Unquote(digits); err == nil {
		digits = unquoted
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	*i = integer{n: n, given: true, valid: err == nil && !strings.HasPrefix(digits, "+")}
	return nil
}
