package webhook

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// link is the one form of markup that a bot's text may have (B06). WeChat knows more, which open mini-programs or write in
// the customer's name.
var link = regexp.MustCompile(`<a href="(https?://[^"<>\s]+)">[^<>]+</a>`)

// tame makes a bot's text harmless: all other markup is shown as it was written, and what only steers a screen is left
// out.
func tame(text string) string {
	text = strings.Map(visible, lineEnds.Replace(text))
	var tamed strings.Builder
	done := 0
	for _, at := range link.FindAllStringSubmatchIndex(text, -1) {
		if !leadsToAHost(text[at[2]:at[3]]) {
			continue
		}
		tamed.WriteString(asWritten(text[done:at[0]]))
		tamed.WriteString(text[at[0]:at[1]])
		done = at[1]
	}
	tamed.WriteString(asWritten(text[done:]))
	return tamed.String()
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// visible drops control characters but line ends and tabs, and those that turn the direction of what follows.
func visible(r rune) rune {
	switch {
	case r == '\n', r == '\t':
		return r
	case unicode.IsControl(r), r >= '\u202A' && r <= '\u202E', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}

func leadsToAHost(address string) bool {
	to, err := url.Parse(address)
	return err == nil && to.Hostname() != "" && to.User == nil
}

// asWritten replaces < by the full-width sign. No client takes that for the beginning of a tag, and no client needs to know entities.
func asWritten(text string) string { return strings.ReplaceAll(text, "<", "＜") }
