package bot

import (
	"encoding/base64"
	"errors"
	"strings"

	"wxdesk/internal/secret"
)

// ErrWebhookSecret says that a webhook's secret has the wrong form.
var ErrWebhookSecret = errors.New("bot: expected whsec_ and the base64 of 24 to 64 bytes")

// WebhookKey is the key that a webhook's secret stands for, by Standard Webhooks: "whsec_" and the base64 of 24 to 64
// bytes.
func WebhookKey(s secret.Value) ([]byte, error) {
	text, found := strings.CutPrefix(s.Reveal(), "whsec_")
	key, err := base64.StdEncoding.Strict().DecodeString(text)
	if !found || err != nil || len(key) < 24 || len(key) > 64 || strings.ContainsAny(text, "\r\n") {
		return nil, ErrWebhookSecret
	}
	return key, nil
}

// ErrAddress: the URL of a webhook may not be called.
var ErrAddress = errors.New("bot: the address may not be called")
