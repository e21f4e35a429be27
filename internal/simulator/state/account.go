package state

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

// Encrypted reports whether callbacks carry ciphertext.
func (m Mode) Encrypted() bool { return m != ModePlain }

// Kind is what sort of account it is, which decides what it may call (wechat-protocol section 8).
type Kind string

const (
	KindService                Kind = "service"      // verified service account
	KindSubscription           Kind = "subscription" // verified subscription account
	KindUnverifiedService      Kind = "unverified_service"
	KindUnverifiedSubscription Kind = "unverified_subscription" // personal accounts too
	KindSandbox                Kind = "sandbox"
)

// Verified reports whether the account may send custom messages and ask about users; the others may only answer passively. The sandbox
// may as well.
func (k Kind) Verified() bool { return k != KindUnverifiedService && k != KindUnverifiedSubscription }

// HasMenus reports whether the account may have a menu: all may but unverified subscription accounts.
func (k Kind) HasMenus() bool { return k != KindUnverifiedSubscription }

// Service reports whether the account may send template messages and make QR codes: a verified service account, or the sandbox.
func (k Kind) Service() bool { return k == KindService || k == KindSandbox }

// Share returns this kind's part of a quota: the sandbox has a tenth.
func (k Kind) Share(quota int) int {
	if k == KindSandbox {
		return quota / 10
	}
	return quota
}

// Template is a template that WeChat granted to an account. Its content names the data that a message must bring: {{first.DATA}}.
type Template struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Content string `json:"content"`
}
