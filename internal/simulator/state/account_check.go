package state

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"wxdesk/internal/simulator/envelope"
)

var (
	appIDShape      = regexp.MustCompile(`^wx[0-9a-f]{16}$`)
	appSecretShape  = regexp.MustCompile(`^[0-9a-f]{32}$`)
	originalIDShape = regexp.MustCompile(`^gh_[0-9a-f]{12}$`)
	tokenShape      = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
	openIDShape     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// IsAppID reports whether a text looks like an AppID.
func IsAppID(text string) bool { return appIDShape.MatchString(text) }

// IsOpenID reports whether a text may be an openid.
func IsOpenID(text string) bool { return openIDShape.MatchString(text) }

// Check returns an error that names the first field that is wrong.
func (a Account) Check() error {
	for _, check := range []func() error{
		a.checkShapes, a.checkKeys, a.checkModeAndKind, a.checkAllowedIPs, a.checkTemplates, a.checkCallbackURL,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (a Account) checkShapes() error {
	switch {
	case !IsAppID(a.AppID):
		return errors.New("app_id is wx and 16 hex digits")
	case !appSecretShape.MatchString(a.AppSecret):
		return errors.New("app_secret is 32 hex digits")
	case !originalIDShape.MatchString(a.OriginalID):
		return errors.New("original_id is gh_ and 12 hex digits")
	case !tokenShape.MatchString(a.Token):
		return errors.New("token is 3 to 32 letters or digits")
	}
	return nil
}

func (a Account) checkKeys() error {
	if _, err := envelope.ParseKey(a.EncodingAESKey); err != nil {
		return fmt.Errorf("encoding_aes_key: %w", err)
	}
	if a.PreviousAESKey == "" {
		return nil
	}
	if _, err := envelope.ParseKey(a.PreviousAESKey); err != nil {
		return fmt.Errorf("previous_encoding_aes_key: %w", err)
	}
	return nil
}

func (a Account) checkModeAndKind() error {
	if !slices.Contains([]Mode{ModeSafe, ModeCompatible, ModePlain}, a.Mode) {
		return errors.New("mode is safe, compatible or plain")
	}
	if !slices.Contains([]Kind{KindService, KindSubscription, KindUnverifiedService, KindUnverifiedSubscription, KindSandbox}, a.Kind) {
		return errors.New("kind is service, subscription, unverified_service, unverified_subscription or sandbox")
	}
	return nil
}

// TemplateData finds the data that a template's content names; its first group is the name.
var TemplateData = regexp.MustCompile(`\{\{(\w+)\.DATA\}\}`)

func (a Account) checkTemplates() error {
	for _, t := range a.Templates {
		if t.ID == "" || !TemplateData.MatchString(t.Content) {
			return errors.New("a template has an id and a content with data such as {{first.DATA}}")
		}
	}
	return nil
}

// checkCallbackURL accepts what can be called. WeChat's own restriction to ports 80 and 443 would not fit on a laptop.
func (a Account) checkCallbackURL() error {
	if a.CallbackURL == "" {
		return nil
	}
	u, err := url.Parse(a.CallbackURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return errors.New("callback_url is an http or https address")
	}
	return nil
}
