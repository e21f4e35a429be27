package wechat

import (
	"strings"

	"wxdesk/internal/secret"
)

// AppID names an official account towards WeChat's API: "wx" and 16 lower-case hex digits.
type AppID string

// OriginalID names an official account in messages (ToUserName of a callback): "gh_" and 12 lower-case hex digits.
type OriginalID string

// OpenID names a customer towards one account. Real ones have 28 characters of [A-Za-z0-9_-] and begin with "o"; that
// is a custom, not a promise, so only the alphabet and a generous length are checked.
type OpenID string

// Credentials are what calling WeChat for an account needs.
type Credentials struct {
	AccountID string // ours, the key under which the access token is kept
	AppID     AppID
	AppSecret secret.Value
}

// Mode is how an account's callbacks travel, as its administrator has set it at WeChat.
type Mode string

// The modes.
const (
	ModeSafe       Mode = "safe"       // encrypted only
	ModeCompatible Mode = "compatible" // plain and encrypted side by side; the encrypted part counts
	ModePlain      Mode = "plain"      // not encrypted, and the signature does not cover the body
)

// Valid reports whether m is one of the three modes.
func (m Mode) Valid() bool { return m == ModeSafe || m == ModeCompatible || m == ModePlain }

// Encrypted reports whether callbacks of this mode carry an encrypted part, which then alone counts.
func (m Mode) Encrypted() bool { return m == ModeSafe || m == ModeCompatible }

// String implements fmt.Stringer.
func (m Mode) String() string { return string(m) }

// ValidAppID reports whether s has the shape of an AppID.
func ValidAppID(s string) bool {
	rest, found := strings.CutPrefix(s, "wx")
	return found && len(rest) == 16 && only(rest, lowerHex)
}

// ValidOriginalID reports whether s has the shape of an OriginalID.
func ValidOriginalID(s string) bool {
	rest, found := strings.CutPrefix(s, "gh_")
	return found && len(rest) == 12 && only(rest, lowerHex)
}

// ValidOpenID reports whether s can be an OpenID: 1 to 64 characters of [A-Za-z0-9_-].
func ValidOpenID(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && only(s, urlSafe)
}

// ValidToken reports whether s can be an account's callback token: 3 to 32 letters or digits.
func ValidToken(s string) bool {
	return len(s) >= 3 && len(s) <= 32 && only(s, alphanumeric)
}

// ValidEncodingAESKey reports whether s can be an EncodingAESKey: 43 characters of [A-Za-z0-9+/]. WeChat's own page says
// letters and digits; keys with + and / decode just as well.
func ValidEncodingAESKey(s string) bool {
	return len(s) == encodedKeySize && only(s, func(c byte) bool { return alphanumeric(c) || c == '+' || c == '/' })
}

// ValidAppSecret reports whether s has the shape of an AppSecret: 32 lower-case hex digits.
func ValidAppSecret(s string) bool { return len(s) == 32 && only(s, lowerHex) }

// only reports whether every byte of s is of one kind.
func only(s string, kind func(byte) bool) bool {
	for i := range len(s) {
		if !kind(s[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool        { return '0' <= c && c <= '9' }
func lowerHex(c byte) bool     { return digit(c) || 'a' <= c && c <= 'f' }
func alphanumeric(c byte) bool { return digit(c) || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func urlSafe(c byte) bool      { return alphanumeric(c) || c == '_' || c == '-' }
