package webhook

import (
	"regexp"
	"strings"
	"unicode"

	"wxdesk/internal/bot"
	"wxdesk/internal/secret"
)

// secrets are the patterns of secrets that no customer may read: ours, and those of others that a bot is likely to have.
var secrets = regexp.MustCompile(strings.Join([]string{
	`whsec_[A-Za-z0-9+/]{24}`,
	`wxd_[A-Za-z0-9_-]{43}`,
	`-----BEGIN [A-Z ]*PRIVATE KEY-----`,
	`\bAKIA[0-9A-Z]{16}\b`,                           // Amazon
	`\bgh[pousr]_[A-Za-z0-9]{36}`,                    // GitHub
	`\bsk-[A-Za-z0-9_-]{32}`,                         // makers of language models
	`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}`, // a JSON Web Token
}, "|"))

// word is a word that has the length of an openid. WeChat's begin with o, and are otherwise chance.
var word = regexp.MustCompile(`[A-Za-z0-9_-]+`)

const openIDLength = 28

// leaks reports whether a text has a secret or somebody's openid (B09). A bot gets neither from us, so it must have them from
// somewhere else, such as another customer.
func leaks(text string, of bot.Bot) bool {
	for _, own := range []secret.Value{of.Secret, of.OldSecret} {
		if _, key, _ := strings.Cut(own.Reveal(), "_"); key != "" && strings.Contains(text, key) {
			return true
		}
	}
	if secrets.MatchString(text) {
		return true
	}
	for _, w := range word.FindAllString(text, -1) {
		if isOpenID(w) {
			return true
		}
	}
	return false
}

// isOpenID reports whether a word is an openid rather than a word of a language. By chance one openid in a hundred lacks a capital
// letter, a small letter or a digit.
func isOpenID(word string) bool {
	return len(word) == openIDLength && word[0] == 'o' && strings.ContainsFunc(word, unicode.IsDigit) &&
		strings.ContainsFunc(word, unicode.IsUpper) && strings.ContainsFunc(word[1:], unicode.IsLower)
}
