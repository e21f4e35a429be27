package platform

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// decode reads a call's body. Fields that WeChat may know and we do not are read over.
func decode(body []byte, into any) *APIError {
	if hasEscapes(body) {
		return refuse(codeEscapedText)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return refuse(codeBadJSON)
	}
	return nil
}

// isObject tells whether a body is one JSON object in UTF-8 and nothing else.
func isObject(body []byte) bool {
	var object map[string]json.RawMessage
	return utf8.Valid(body) && json.Unmarshal(body, &object) == nil && object != nil
}

// hasEscapes finds \uXXXX for a character that could stand for itself, which is all but the control characters: WeChat wants raw
// UTF-8 (wechat-protocol section 5). The body is JSON.
func hasEscapes(body []byte) bool {
	text := string(body)
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		i++ // the escaped character
		if text[i] == 'u' && !strings.HasPrefix(text[i:], "u000") && !strings.HasPrefix(text[i:], "u001") {
			return true
		}
	}
	return false
}
