package api

import (
	"strings"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// accountChange is what may change about an account; what is absent stays, and so does what is null, but for bot
// and workstream.
type accountChange struct {
	Name           *string                 `json:"name,omitempty" minLength:"1" maxLength:"100"`
	OriginalID     *wechat.OriginalID      `json:"original_id,omitempty"`
	AppID          *wechat.AppID           `json:"app_id,omitempty"`
	AppSecret      secret.Value            `json:"app_secret,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged"`
	Token          secret.Value            `json:"token,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged; a replaced one counts for 24 hours more"`
	EncodingAESKey secret.Value            `json:"encoding_aes_key,omitempty" writeOnly:"true" doc:"Empty or a mask of asterisks: unchanged; a replaced one counts for 24 hours more"`
	Mode           *wechat.Mode            `json:"mode,omitempty" enum:"safe,compatible,plain"`
	Kind           *conversation.Kind      `json:"kind,omitempty" enum:"service,subscription,sandbox"`
	ReplyMode      *conversation.ReplyMode `json:"reply_mode,omitempty" enum:"active,passive"`
	Verified       *bool                   `json:"verified,omitempty"`
	Disabled       *bool                   `json:"disabled,omitempty"`
	Language       *conversation.Language  `json:"language,omitempty" enum:"zh-CN,zh-TW,en,ja,id"`
	TimeZone       *string                 `json:"time_zone,omitempty" maxLength:"100" doc:"An IANA name; by which rules tell the time"`
	IdleClose      *string                 `json:"idle_close,omitempty" doc:"A duration such as 90s, 30m or 48h; 1s to 720h"`
	BotID          optional[string]        `json:"bot_id,omitempty" format:"uuid" doc:"Absent: unchanged; null: none"`
	WorkstreamID   optional[string]        `json:"workstream_id,omitempty" format:"uuid" doc:"Absent: unchanged; null: the default workstream"`
}

// apply changes the account, and returns the secrets to replace and what is wrong with the result.
func (c accountChange) apply(a *conversation.Account) (conversation.AccountSecrets, []fault) {
	set(&a.Name, c.Name)
	set(&a.OriginalID, c.OriginalID)
	set(&a.AppID, c.AppID)
	set(&a.Mode, c.Mode)
	set(&a.Kind, c.Kind)
	set(&a.ReplyMode, c.ReplyMode)
	set(&a.Verified, c.Verified)
	set(&a.Disabled, c.Disabled)
	set(&a.Language, c.Language)
	set(&a.TimeZone, c.TimeZone)

	if c.BotID.given {
		a.BotID = conversation.BotID(c.BotID.value)
	}
	if c.WorkstreamID.given {
		a.Workstream = conversation.WorkstreamID(c.WorkstreamID.value)
	}
	var faults []fault
	if c.IdleClose != nil {
		faults = setIdleClose(a, *c.IdleClose)
	}
	secrets := conversation.AccountSecrets{
		AppSecret:      unmasked(c.AppSecret),
		Token:          unmasked(c.Token),
		EncodingAESKey: unmasked(c.EncodingAESKey),
	}
	faults = append(faults, accountFaults(*a)...)
	return secrets, append(faults, secretFaults(secrets)...)
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// unmasked returns a secret that was meant as one: a form that shows asterisks or bullets in place of a secret, and sends
// them back, means no change (M03).
func unmasked(given secret.Value) secret.Value {
	if strings.Trim(given.Reveal(), "*•") == "" || given.Reveal() == secret.Redacted {
		return secret.Value{}
	}
	return given
}

// accountFaults tells what is wrong with an account's settings.
func accountFaults(a conversation.Account) (faults []fault) {
	expect := func(ok bool, field, message string) {
		if !ok {
			faults = append(faults, fault{"body." + field, message})
		}
	}
	expect(strings.TrimSpace(a.Name) != "", "name", "expected a name")
	expect(wechat.ValidOriginalID(string(a.OriginalID)), "original_id", "expected gh_ and 12 hex digits")
	expect(wechat.ValidAppID(string(a.AppID)), "app_id", "expected wx and 16 hex digits")
	expect(isZone(a.TimeZone), "time_zone", notZone)
	expect(a.ReplyMode != conversation.ReplyPassive, "reply_mode", "passive mode is not available yet; use active")
	expect(a.Verified || a.ReplyMode == conversation.ReplyPassive, "verified",
		"an unverified account can only answer in passive mode, which is not available yet")
	return faults
}

// notZone is what is wrong with a time zone that isZone does not know.
const notZone = "expected the IANA name of a time zone, such as Asia/Shanghai"

func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}

// secretFaults tells what is wrong with the secrets that were given.
func secretFaults(s conversation.AccountSecrets) (faults []fault) {
	expect := func(given secret.Value, valid func(string) bool, field, message string) {
		if !given.Empty() && !valid(given.Reveal()) {
			faults = append(faults, fault{"body." + field, message})
		}
	}
	expect(s.AppSecret, wechat.ValidAppSecret, "app_secret", "expected 32 hex digits")
	expect(s.Token, wechat.ValidToken, "token", "expected 3 to 32 letters or digits")
	expect(s.EncodingAESKey, wechat.ValidEncodingAESKey, "encoding_aes_key", "expected 43 of [A-Za-z0-9+/]")
	return faults
}

// missingSecrets tells which secrets a new account cannot do without. An empty Token would let everybody sign (C30).
func missingSecrets(s conversation.AccountSecrets, mode wechat.Mode) (faults []fault) {
	if s.AppSecret.Empty() {
		faults = append(faults, fault{"body.app_secret", "expected 32 hex digits"})
	}
	if s.Token.Empty() {
		faults = append(faults, fault{"body.token", "expected 3 to 32 letters or digits"})
	}
	if s.EncodingAESKey.Empty() && mode.Encrypted() {
		faults = append(faults, missingKey())
	}
	return faults
}

func missingKey() fault {
	return fault{"body.encoding_aes_key", "expected 43 of [A-Za-z0-9+/], unless the mode is plain"}
}

func setIdleClose(a *conversation.Account, text string) []fault {
	d, err := time.ParseDuration(text)
	if err != nil || d < conversation.MinIdleClose || d > conversation.MaxIdleClose {
		return []fault{{"body.idle_close", "expected a duration from 1s to 720h, such as 90s, 30m or 48h"}}
	}
	a.IdleClose = d
	return nil
}

// formatDuration writes a duration without the zeros that time.Duration appends: 48h, not 48h0m0s.
func formatDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
