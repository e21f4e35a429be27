package wechat

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrQuery says that a callback's query string cannot be WeChat's: something is missing, doubled or misshapen. The text
// after it says what, without repeating a value. The answer is HTTP 400.
var ErrQuery = errors.New("wechat: callback query")

// Query is what WeChat writes into the query string of a callback. Its fields have the right shape and nothing more: who
// wrote them is for VerifySignature to say, and OpenID is never signed.
type Query struct {
	Signature    string // covers timestamp and nonce; may be absent beside MsgSignature
	MsgSignature string // covers timestamp, nonce and the Encrypt text
	Timestamp    string // 10 digits
	Nonce        string // 1 to 64 characters of [A-Za-z0-9_-]
	EncryptType  string // "", "raw" or "aes"
	OpenID       string // whom the callback claims to come from; may be absent
	EchoStr      string // of the verification GET; see EchoAllowed
	Time         time.Time
}

const (
	maxParameters  = 16
	timestampSize  = 10 // Unix seconds from 2001 to 2286
	maxNonceSize   = 64
	maxEchoStrSize = 512

	// EncryptAES is the EncryptType of safe and compatible mode.
	EncryptAES = "aes"
)

// ParseQuery reads a raw query string, or fails with ErrQuery. It wants the raw text, because a parameter given twice is
// refused.
//
// The signature has no separators, so moving digits from one part to its neighbour would keep it valid. The exact length
// of the timestamp and the bound on the nonce rule that out: a shift within the bound leaves either a timestamp of another
// length or a ciphertext that is no longer whole blocks (64 base64 characters are three blocks), which BoundaryMoved finds.
// Swapping timestamp and nonce is possible only if the nonce looks like a timestamp; the message key then decides.
func ParseQuery(rawQuery string) (Query, error) {
	var q Query
	given, err := q.fill(rawQuery)
	switch {
	case err != nil:
		return Query{}, err
	case !slices.Contains(given, "timestamp") || !slices.Contains(given, "nonce"):
		return Query{}, queryError("timestamp or nonce is missing")
	case q.EncryptType != "" && q.EncryptType != "raw" && q.EncryptType != EncryptAES:
		return Query{}, queryError("encrypt_type is unknown")
	case !slices.Contains(given, "signature") && (q.EncryptType != EncryptAES || !slices.Contains(given, "msg_signature")):
		return Query{}, queryError("the signature is missing")
	case len(q.Timestamp) != timestampSize || !only(q.Timestamp, digit):
		return Query{}, queryError("timestamp is not 10 digits")
	case q.Nonce == "" || len(q.Nonce) > maxNonceSize || !only(q.Nonce, urlSafe):
		return Query{}, queryError("nonce has an unexpected shape")
	}
	seconds, err := strconv.ParseInt(q.Timestamp, 10, 64)
	if err != nil {
		return Query{}, queryError("timestamp is not a number")
	}
	q.Time = time.Unix(seconds, 0).UTC()
	return q, nil
}

// EchoAllowed reports whether the verification GET's echostr may be sent back: 1 to 512 characters that no browser could
// take for markup (C02).
func EchoAllowed(echostr string) bool {
	return echostr != "" && len(echostr) <= maxEchoStrSize &&
		only(echostr, func(c byte) bool { return urlSafe(c) || c == '+' || c == '/' || c == '=' })
}

// fill takes the parameters it knows, and returns the names of all that were given.
func (q *Query) fill(rawQuery string) (given []string, err error) {
	var room [maxParameters]string
	given = room[:0]
	for pair := range strings.SplitSeq(rawQuery, "&") {
		if pair == "" {
			continue
		}
		name, value, err := unescape(pair)
		switch {
		case err != nil:
			return nil, queryError("an escape is broken")
		case slices.Contains(given, name):
			return nil, queryError("a parameter is given twice")
		case len(given) == maxParameters:
			return nil, queryError("there are too many parameters")
		}
		given = append(given, name)
		if field := q.field(name); field != nil {
			*field = value
		}
	}
	return given, nil
}

func (q *Query) field(name string) *string {
	switch name {
	case "signature":
		return &q.Signature
	case "msg_signature":
		return &q.MsgSignature
	case "timestamp":
		return &q.Timestamp
	case "nonce":
		return &q.Nonce
	case "encrypt_type":
		return &q.EncryptType
	case "openid":
		return &q.OpenID
	case "echostr":
		return &q.EchoStr
	}
	return nil
}

func unescape(pair string) (name, value string, err error) {
	name, value, _ = strings.Cut(pair, "=")
	if name, err = url.QueryUnescape(name); err != nil {
		return "", "", err
	}
	value, err = url.QueryUnescape(value)
	return name, value, err
}

func queryError(what string) error { return fmt.Errorf("%w: %s", ErrQuery, what) }
