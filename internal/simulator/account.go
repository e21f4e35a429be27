package simulator

import (
	"errors"
	"fmt"
	"regexp"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
)

// Account is an Official Account as its owner configured it.
type Account struct {
	AppID          string `json:"app_id"`      // wx and 16 hex digits
	AppSecret      string `json:"app_secret"`  // 32 hex digits
	OriginalID     string `json:"original_id"` // gh_ and 12 hex digits; ToUserName of a callback
	Name           string `json:"name"`        // what the phone shows; may be empty
	Token          string `json:"token"`       // 3 to 32 letters or digits
	EncodingAESKey string `json:"encoding_aes_key"`
	PreviousAESKey string `json:"previous_encoding_aes_key"` // the one before, or empty
	Mode           Mode   `json:"mode"`
	Kind           Kind   `json:"kind"`
	CallbackURL    string `json:"callback_url"` // empty: nothing is pushed

	AllowedIPs []string   `json:"ip_allow_list,omitempty"` // who may fetch tokens: addresses and networks; empty: everybody
	Templates  []Template `json:"templates,omitempty"`
}

// Mode is how callbacks are encrypted (wechat-protocol 2.1).
type Mode string

const (
	ModeSafe       Mode = "safe"       // ciphertext only
	ModeCompatible Mode = "compatible" // both
	ModePlain      Mode = "plain"      // clear text only
)

// encrypted tells whether callbacks carry ciphertext.
func (m Mode) encrypted() bool { return m != ModePlain }

// Kind is what sort of account it is, which decides what it may call (wechat-protocol section 8).
type Kind string

const (
	KindService                Kind = "service"      // verified service account
	KindSubscription           Kind = "subscription" // verified subscription account
	KindUnverifiedService      Kind = "unverified_service"
	KindUnverifiedSubscription Kind = "unverified_subscription" // personal accounts too
	KindSandbox                Kind = "sandbox"
)

// verified accounts, and the sandbox, may send custom messages and ask about users; the others may only answer passively.
func (k Kind) verified() bool { return k != KindUnverifiedService && k != KindUnverifiedSubscription }

// menus may be made by all but unverified subscription accounts.
func (k Kind) menus() bool { return k != KindUnverifiedSubscription }

// service tells whether the account may send template messages and make QR codes: a verified service account, or the sandbox.
func (k Kind) service() bool { return k == KindService || k == KindSandbox }

// share is this kind's part of a quota: the sandbox has a tenth.
func (k Kind) share(quota int) int {
	if k == KindSandbox {
		return quota / 10
	}
	return quota
}

// overlay takes from in what is given there and leaves the rest. A new EncodingAESKey makes the present one the previous one.
func (a Account) overlay(in Account) Account {
	rotated := in.EncodingAESKey != "" && in.EncodingAESKey != a.EncodingAESKey
	if rotated && (in.PreviousAESKey == "" || in.PreviousAESKey == a.PreviousAESKey) {
		in.PreviousAESKey = a.EncodingAESKey
	}
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&a.AppID, in.AppID},
		{&a.AppSecret, in.AppSecret},
		{&a.OriginalID, in.OriginalID},
		{&a.Name, in.Name},
		{&a.Token, in.Token},
		{&a.EncodingAESKey, in.EncodingAESKey},
		{&a.PreviousAESKey, in.PreviousAESKey},
		{(*string)(&a.Mode), string(in.Mode)},
		{(*string)(&a.Kind), string(in.Kind)},
		{&a.CallbackURL, in.CallbackURL},
	} {
		if f.from != "" {
			*f.to = f.from
		}
	}
	if in.AllowedIPs != nil {
		a.AllowedIPs = in.AllowedIPs
	}
	if in.Templates != nil {
		a.Templates = in.Templates
	}
	return a
}

// completed fills what an account cannot be without, as WeChat's console would.
func (a Account) completed() Account {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill((*string)(&a.Kind), string(KindService))
	if a.Kind == KindSandbox {
		fill((*string)(&a.Mode), string(ModePlain)) // its console has no field for a key
	}
	fill((*string)(&a.Mode), string(ModeSafe))
	fill(&a.AppID, "wx"+random.Text(16, random.HexDigits))
	fill(&a.AppSecret, random.Text(32, random.HexDigits))
	fill(&a.OriginalID, "gh_"+random.Text(12, random.HexDigits))
	fill(&a.Token, random.Text(24, random.Letters))
	fill(&a.EncodingAESKey, random.Text(43, random.Letters))
	return a
}

var (
	appIDShape      = regexp.MustCompile(`^wx[0-9a-f]{16}$`)
	appSecretShape  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	originalIDShape = regexp.MustCompile(`^gh_[0-9a-f]{12}$`)
	tokenShape      = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	openIDShape     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

func (a Account) check() error {
	if !appIDShape.MatchString(a.AppID) {
		return errors.New("app_id is wx and 16 hex digits")
	}
	if !appSecretShape.MatchString(a.AppSecret) {
		return errors.New("app_secret is 32 hex digits")
	}
	if !originalIDShape.MatchString(a.OriginalID) {
		return errors.New("original_id is gh_ and 12 hex digits")
	}
	if !tokenShape.MatchString(a.Token) {
		return errors.New("token is 3 to 32 letters or digits")
	}
	if _, err := envelope.ParseKey(a.EncodingAESKey); err != nil {
		return fmt.Errorf("encoding_aes_key: %w", err)
	}
	if a.PreviousAESKey != "" {
		if _, err := envelope.ParseKey(a.PreviousAESKey); err != nil {
			return fmt.Errorf("previous_encoding_aes_key: %w", err)
		}
	}
	switch a.Mode {
	case ModeSafe, ModeCompatible, ModePlain:
	default:
		return errors.New("mode is safe, compatible or plain")
	}
	switch a.Kind {
	case KindService, KindSubscription, KindUnverifiedService, KindUnverifiedSubscription, KindSandbox:
	default:
		return errors.New("kind is service, subscription, unverified_service, unverified_subscription or sandbox")
	}
	for _, entry := range a.AllowedIPs {
		if _, err := parseAllowed(entry); err != nil {
			return errors.New("ip_allow_list holds addresses and networks such as 203.0.113.0/24")
		}
	}
	if err := checkTemplates(a.Templates); err != nil {
		return err
	}
	return checkURL(a.CallbackURL)
}
