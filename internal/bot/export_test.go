package bot

import "wxdesk/internal/conversation"

// Split, Tame and WebhookRequest let tests look at what goes over the wire.
var (
	Split = split
	Tame  = tame
)

// WebhookRequest is what a question becomes.
func WebhookRequest(q conversation.Question) any { return webhookRequestOf(q) }

// WebhookAnswer is the empty answer, to be filled from JSON.
func WebhookAnswer() any { return &webhookAnswer{} }
