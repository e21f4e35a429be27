package api

import (
	"net/url"
	"regexp"
	"strings"
)

// secretName matches the names of parameters that hold secrets, whole or as the last of several words: key, accessToken, api-key.
var secretName = regexp.MustCompile(`(?i)(^|[-_.])(key|token|secret|password|passwd|pwd|auth|sig|signature|credential)s?$|(api|access|auth|bearer|client|private|secret|webhook)_?(key|token|secret)$`)

// holdsSecret reports whether a URL has a user or password, or a parameter whose name says that it is a secret. What stands in a
// URL is shown with the bot, and logged on the way. Other parameters pass.
func holdsSecret(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false // it is refused as no URL
	}
	for parameter := range strings.FieldsFuncSeq(u.RawQuery, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(parameter, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if secretName.MatchString(name) {
			return true
		}
	}
	return u.User != nil
}
