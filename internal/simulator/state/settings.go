package state

import (
	"encoding/json"
	"errors"
	"time"
)

// Settings are the platform's numbers: WeChat's by default, smaller if a test has no patience. Sandbox accounts have a tenth
// of the quotas.
type Settings struct {
	Attempts    int      `json:"attempts"`    // requests for one callback in all
	Timeout     Duration `json:"timeout"`     // hard limit of one request
	RetryAfter  Duration `json:"retry_after"` // after the start of a request that failed at once
	SameNonce   bool     `json:"same_nonce"`  // repeats carry the first request's timestamp and nonce
	KeepAlive   bool     `json:"keep_alive"`  // keep connections; WeChat closes each
	Concurrency int      `json:"concurrency"` // requests under way over all accounts

	MarkFailAfter int      `json:"mark_fail_after"` // failed requests in a row that make WeChat pause; 0 is never
	MarkFailPause Duration `json:"mark_fail_pause"` // how long nothing is pushed then

	WindowMessages int      `json:"window_messages"` // custom messages after a customer's message
	Window         Duration `json:"window"`          // within this time
	TapMessages    int      `json:"tap_messages"`    // custom messages after a menu tap, a follow or a scan
	TapWindow      Duration `json:"tap_window"`      // within this time
	TextLimit      int      `json:"text_limit"`      // bytes of a text to the customer

	TokenLifetime Duration `json:"token_lifetime"` // of an access token
	TokenOverlap  Duration `json:"token_overlap"`  // a replaced one still works this long

	TokenDaily       int `json:"token_daily"`        // calls of /cgi-bin/token in a day
	StableDaily      int `json:"stable_daily"`       // calls of /cgi-bin/stable_token in a day
	StableMinute     int `json:"stable_minute"`      // and in a minute
	StableForceDaily int `json:"stable_force_daily"` // of those, forced renewals in a day
	SendDaily        int `json:"send_daily"`         // calls of message/custom/send in a day
	SendMinute       int `json:"send_minute"`        // and in a minute; 0 is no limit
	UploadDaily      int `json:"upload_daily"`       // calls of media/upload in a day
	DownloadDaily    int `json:"download_daily"`     // calls of media/get in a day
	TemplateDaily    int `json:"template_daily"`     // calls of message/template/send in a day
	QRCodeDaily      int `json:"qrcode_daily"`       // calls of qrcode/create in a day
	MenuDaily        int `json:"menu_daily"`         // calls of menu/create, and of menu/delete, in a day
	MenuGetDaily     int `json:"menu_get_daily"`     // calls of menu/get in a day
	UserDaily        int `json:"user_daily"`         // calls of user/info in a day
}

// defaultSettings are the numbers of wechat-protocol sections 4 to 6.
func defaultSettings() Settings {
	return Settings{
		Attempts:    3,
		Timeout:     Duration(5 * time.Second),
		RetryAfter:  Duration(5 * time.Second),
		Concurrency: 256,

		MarkFailPause: Duration(time.Minute),

		WindowMessages: 5,
		Window:         Duration(48 * time.Hour),
		TapMessages:    3,
		TapWindow:      Duration(time.Minute),
		TextLimit:      2048,

		TokenLifetime: Duration(2 * time.Hour),
		TokenOverlap:  Duration(5 * time.Minute),

		TokenDaily:       2_000,
		StableDaily:      500_000,
		StableMinute:     10_000,
		StableForceDaily: 20,
		SendDaily:        500_000,
		UploadDaily:      100_000,
		DownloadDaily:    200_000,
		TemplateDaily:    100_000,
		QRCodeDaily:      100_000,
		MenuDaily:        1_000,
		MenuGetDaily:     10_000,
		UserDaily:        5_000_000,
	}
}

// Duration is a time.Duration that JSON spells as Go does: "5s", "49h", "1m30s".
type Duration time.Duration

// MarshalJSON writes the duration as a string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads such a string and nothing else: a bare number has no unit.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return errors.New(`a duration is a string such as "5s"`)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return errors.New(`a duration is a string such as "5s"`)
	}
	*d = Duration(parsed)
	return nil
}
