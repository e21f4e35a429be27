package admin

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/bot"
	"wxdesk/internal/secret"
)

// botFaults tells what is wrong with a bot's settings.
func (a *Admin) botFaults(ctx context.Context, b bot.Setup, key secret.Value) (faults []web.Fault) {
	expect := func(ok bool, field, message string) {
		if !ok {
			faults = append(faults, web.FaultAt("body."+field, message))
		}
	}
	expect(strings.TrimSpace(b.Name) != "", "name", "expected a name")
	if b.Kind != bot.KindWebhook {
		expect(b.URL == "", "url", "expected none: only a webhook has one")
		expect(key.Empty(), "secret", "expected none: only a webhook has one")
		return faults
	}
	if holdsSecret(b.URL) {
		expect(false, "url", "expected no secret in the URL, neither a user nor a parameter such as key, token or secret: it is shown and logged; questions are signed with the bot's secret instead")
	} else {
		expect(a.cfg.MayCall(ctx, b.URL) == nil, "url", "expected an https URL of a public host, on port 443 or 8443, without fragment")
	}
	if _, err := bot.WebhookKey(key); err != nil && !key.Empty() {
		faults = append(faults, badBotSecret())
	}
	return faults
}

func badBotSecret() web.Fault {
	return web.FaultAt("body.secret", "expected whsec_ and the base64 of 24 to 64 bytes")
}

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
