package admin

import (
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/account"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// accountFaults tells what is wrong with an account's settings.
func accountFaults(a account.Account) (faults []web.Fault) {
	expect := func(ok bool, field, message string) {
		if !ok {
			faults = append(faults, web.FaultAt("body."+field, message))
		}
	}
	expect(strings.TrimSpace(a.Name) != "", "name", "expected a name")
	expect(wechat.ValidOriginalID(string(a.OriginalID)), "original_id", "expected gh_ and 12 hex digits")
	expect(wechat.ValidAppID(string(a.AppID)), "app_id", "expected wx and 16 hex digits")
	expect(isZone(a.TimeZone), "time_zone", notZone)
	expect(a.ReplyMode != account.ReplyPassive, "reply_mode", "passive mode is not available yet; use active")
	expect(a.Verified || a.ReplyMode == account.ReplyPassive, "verified",
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
func secretFaults(s account.Secrets) (faults []web.Fault) {
	expect := func(given secret.Value, valid func(string) bool, field, message string) {
		if !given.Empty() && !valid(given.Reveal()) {
			faults = append(faults, web.FaultAt("body."+field, message))
		}
	}
	expect(s.AppSecret, wechat.ValidAppSecret, "app_secret", "expected 32 hex digits")
	expect(s.Token, wechat.ValidToken, "token", "expected 3 to 32 letters or digits")
	expect(s.EncodingAESKey, wechat.ValidEncodingAESKey, "encoding_aes_key", "expected 43 of [A-Za-z0-9+/]")
	return faults
}

// missingSecrets tells which secrets a new account cannot do without. An empty Token would let everybody sign (C30).
func missingSecrets(s account.Secrets, mode wechat.Mode) (faults []web.Fault) {
	if s.AppSecret.Empty() {
		faults = append(faults, web.FaultAt("body.app_secret", "expected 32 hex digits"))
	}
	if s.Token.Empty() {
		faults = append(faults, web.FaultAt("body.token", "expected 3 to 32 letters or digits"))
	}
	if s.EncodingAESKey.Empty() && mode.Encrypted() {
		faults = append(faults, web.MissingAESKey())
	}
	return faults
}

func setIdleClose(a *account.Account, text string) []web.Fault {
	d, err := time.ParseDuration(text)
	if err != nil || d < account.MinIdleClose || d > account.MaxIdleClose {
		return []web.Fault{web.FaultAt("body.idle_close", "expected a duration from 1s to 720h, such as 90s, 30m or 48h")}
	}
	a.IdleClose = d
	return nil
}
